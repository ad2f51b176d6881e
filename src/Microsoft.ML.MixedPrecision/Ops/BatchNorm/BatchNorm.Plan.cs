using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends normalisations of columns.</summary>
internal static class BatchNormPlan
{
    /// <summary>
    /// Appends y = γ·(x − µ)/√(σ² + ε) + β, mean and variance those of each column: of the micro-batch, or the running ones where nothing
    /// trains.
    /// </summary>
    /// <exception cref="ArgumentException">A part has not x's columns.</exception>
    public static Value BatchNorm(this PlanBuilder plan, string name, Value x, BatchNormParts parts)
    {
        LayerNormPlan.RequireVectors(name, x, parts.Scale, parts.Shift, parts.Mean, parts.Variance);
        FormatDecision decision = plan.Decide(OperationKind.Normalization, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        var statistics = new Value(name + ".statistics", Shape.Vector(x.Columns), NumericFormat.Float32, NumericFormat.Float32)
        {
            FixedRows = BatchNormKernel.StatisticsRows,
        };
        plan.Add(new BatchNormOp(name, x, output, parts with { Trains = plan.Training }, statistics, decision));
        return output;
    }
}
