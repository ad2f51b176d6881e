using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends activations.</summary>
internal static class ActivationPlan
{
    /// <summary>Appends y = act(x).</summary>
    public static Value Activation(this PlanBuilder plan, string name, Value x, ActivationKind kind)
    {
        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), x.Shape, storage, storage);
        plan.Add(new ActivationOp(name, x, output, kind, decision));
        return output;
    }
}
