using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends parametric activations.</summary>
internal static class ParametricActivationPlan
{
    /// <summary>Appends y = x + α ⊙ (act(x) − x).</summary>
    /// <param name="plan">Where to.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(N, C).</param>
    /// <param name="kind">act.</param>
    /// <param name="shares">α: (1, C).</param>
    /// <returns>y: (N, C), stored as activations are.</returns>
    /// <exception cref="ArgumentException">α has not x's columns.</exception>
    public static Value ParametricActivation(this PlanBuilder plan, string name, Value x, ActivationKind kind, Parameter shares)
    {
        LayerNormPlan.RequireVectors(name, x, shares);
        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        plan.Add(new ParametricActivationOp(name, x, output, kind, shares, decision));
        return output;
    }
}
