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
    /// <param name="members">k.</param>
    /// <param name="scale">r: (k, C); null for y[n·k + i] = x[n].</param>
    /// <returns>y: (N·k, C), stored as activations are.</returns>
    /// <exception cref="ArgumentException">x has several rows an example, or r is of another shape.</exception>
    public static Value MemberSpread(this PlanBuilder plan, string name, Value x, int members, Parameter? scale)
    {
        if (x.Shape.Rows != 1 || (scale is not null && (scale.Columns != x.Columns || scale.Rows != members)))
        {
            string factors = scale is null ? "no factors" : $"'{scale.Name}' of ({scale.Rows}, {scale.Columns})";
            throw new ArgumentException(
                $"Layer '{name}' gets {x.Shape} and has {factors} for {members} members; it spreads one row an example of as many "
                    + $"columns.",
                nameof(x));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), new Shape(members, x.Columns), storage, storage);
        plan.Add(new MemberSpreadOp(name, x, output, scale, decision));
        return output;
    }
}
