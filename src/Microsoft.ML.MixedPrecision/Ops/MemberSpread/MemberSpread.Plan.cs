using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends what gives each member of an ensemble its own view of an example.</summary>
internal static class MemberSpreadPlan
{
    /// <summary>Appends y[n·k + i] = x[n] ⊙ rᵢ.</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">x: (N, C), one row an example.</param>
    /// <param name="scale">r: (k, C).</param>
    /// <returns>y: (N·k, C), stored as activations are.</returns>
    /// <exception cref="ArgumentException">x has several rows an example, or r other columns.</exception>
    public static Value MemberSpread(this PlanBuilder plan, string name, Value x, Parameter scale)
    {
        if (x.Shape.Rows != 1 || scale.Columns != x.Columns)
        {
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} and has '{scale.Name}' of {scale.Columns} columns; it spreads one row an example of "
                    + $"as many columns.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), new Shape(scale.Rows, x.Columns), storage, storage);
        plan.Add(new MemberSpreadOp(name, x, output, scale, decision));
        return output;
    }
}
