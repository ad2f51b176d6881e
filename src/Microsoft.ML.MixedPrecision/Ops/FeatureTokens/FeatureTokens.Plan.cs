using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends tokens of features.</summary>
internal static class FeatureTokensPlan
{
    /// <summary>Appends y: T tokens for each row of x.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, n + m·d).</param>
    /// <param name="weight">(n, d); null where there are no numbers.</param>
    /// <param name="bias">(T, d), T = 1 + n + m.</param>
    /// <returns>y: (N·T, d), stored as activations are.</returns>
    /// <exception cref="ArgumentException">x is a sequence, or the shapes do not fit.</exception>
    public static Value FeatureTokens(this PlanBuilder plan, string name, Value x, Parameter? weight, Parameter bias)
    {
        int count = weight?.Rows ?? 0, cells = bias.Rows - 1 - count;
        if (x.Shape.IsSequence || cells < 0 || (weight ?? bias).Columns != bias.Columns
            || x.Columns != count + ((long)cells * bias.Columns))
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} for {bias.Rows} tokens of {bias.Columns} columns, {count} of them numbers; it takes rows "
                    + "of as many numbers, then those columns for each other token but the first.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), new Shape(checked(x.Shape.Rows * bias.Rows), bias.Columns), storage, storage);
        plan.Add(new FeatureTokensOp(name, x, output, weight, bias, decision));
        return output;
    }
}
