using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends residual blocks.</summary>
internal static class ResidualPlan
{
    /// <summary>Appends y = x + f(x).</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">Name of the block.</param>
    /// <param name="x">The input.</param>
    /// <param name="branch">Appends f, whose result has x's shape.</param>
    /// <exception cref="ArgumentException">It has another.</exception>
    public static Value Residual(this PlanBuilder plan, string name, Value x, Func<PlanBuilder, Value, Value> branch)
    {
        Value end = branch(plan, x);
        if (end.Shape != x.Shape)
        {
            throw new ArgumentException(
                $"Block '{name}' gets {x.Shape} columns and its branch has {end.Shape}; a branch needs as many outputs as inputs.",
                nameof(branch));
        }

        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        plan.Add(new ResidualOp(name, end, x, output, decision));
        return output;
    }
}
