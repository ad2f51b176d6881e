using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends normalisations of rows.</summary>
internal static class LayerNormPlan
{
    /// <summary>Appends y = γ·(x − µ)/√(σ² + ε) + β, mean and variance those of each row.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, C).</param>
    /// <param name="scale">γ: (1, C).</param>
    /// <param name="shift">β: (1, C).</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <exception cref="ArgumentException">γ or β has not x's columns.</exception>
    public static Value LayerNorm(
        this PlanBuilder plan, string name, Value x, Parameter scale, Parameter shift, float epsilon = LayerNormKernel.Epsilon)
    {
        RequireVectors(name, x, scale, shift);
        FormatDecision decision = plan.Decide(OperationKind.Normalization, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        Shape perRow = x.Shape.WithColumns(LayerNormKernel.StatisticsColumns);
        Value? statistics = plan.Training ? new Value(name + ".statistics", perRow, NumericFormat.Float32, NumericFormat.Float32) : null;
        plan.Add(new LayerNormOp(name, x, output, (scale, shift), statistics, decision) { Epsilon = epsilon });
        return output;
    }

    /// <summary>Throws unless each vector is (1, columns of x).</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    public static void RequireVectors(string name, Value x, params ReadOnlySpan<StoredMatrix> vectors)
    {
        foreach (StoredMatrix vector in vectors)
        {
            if (vector.Rows != 1 || vector.Columns != x.Columns)
            {
                throw new ArgumentException(
                    $"Layer '{name}' gets {x.Columns} columns, but '{vector.Name}' is ({vector.Rows}, {vector.Columns}); "
                    + $"give it (1, {x.Columns}).",
                    nameof(x));
            }
        }
    }
}
