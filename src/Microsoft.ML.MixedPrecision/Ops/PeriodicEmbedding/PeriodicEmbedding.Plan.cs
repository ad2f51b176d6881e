using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends periodic embeddings of numbers.</summary>
internal static class PeriodicEmbeddingPlan
{
    /// <summary>Appends y: the first n columns of x with three sums of waves each, then the other columns.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, C).</param>
    /// <param name="parameters">Of n numbers, n from 1 to C.</param>
    /// <returns>y: (N, 4n + C − n), stored as activations are.</returns>
    /// <exception cref="ArgumentException">There are more numbers than columns.</exception>
    public static Value PeriodicEmbedding(this PlanBuilder plan, string name, Value x, in PeriodicParameters parameters)
    {
        if (parameters.Count < 1 || parameters.Count > x.Columns)
        {
            throw new ArgumentException(
                $"Layer '{name}' embeds {parameters.Count} of {x.Columns} columns; give it at least 1 and at most all.", nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        int columns = checked(x.Columns + (PeriodicParameters.Sums * parameters.Count));
        var output = new Value(plan.NameOf(name), x.Shape.WithColumns(columns), storage, storage);
        plan.Add(new PeriodicEmbeddingOp(name, x, output, parameters, decision));
        return output;
    }
}
