using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends piecewise linear embeddings of numbers.</summary>
internal static class PiecewiseLinearPlan
{
    /// <summary>Appends y: of each of the first n columns of x its shares of T bins, then the other columns.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, C).</param>
    /// <param name="edges">Where bins begin, and one over their widths: (1, n·T) each, n from 1 to C.</param>
    /// <param name="bins">T.</param>
    /// <returns>y: (N, n·T + C − n), stored as activations are.</returns>
    /// <exception cref="ArgumentException">There are more numbers than columns, or the bins do not fit.</exception>
    public static Value PiecewiseLinear(
        this PlanBuilder plan, string name, Value x, (LayerState Lower, LayerState Factor) edges, int bins)
    {
        int embedded = edges.Lower.Columns, count = embedded / Math.Max(bins, 1);
        if (bins < 1 || count < 1 || count > x.Columns || embedded != count * bins || edges.Factor.Columns != embedded)
        {
            throw new ArgumentException(
                $"Layer '{name}' has {embedded} edges and {edges.Factor.Columns} factors of {bins} bins for {x.Columns} columns; give it "
                + "as many of each as bins times numbers, of at least 1 and at most all columns.",
                nameof(edges));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        int columns = checked(embedded + x.Columns - count);
        var output = new Value(plan.NameOf(name), x.Shape.WithColumns(columns), storage, storage);
        plan.Add(new PiecewiseLinearOp(name, x, output, edges, bins, decision));
        return output;
    }
}
