using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Appends poolings.</summary>
internal static class PoolingPlan
{
    /// <summary>Appends y: one row of each example's rows.</summary>
    /// <param name="plan">Where to; where x is a sequence, it knows the examples' ends.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">(R, C).</param>
    /// <param name="kind">How.</param>
    public static Value Pooling(this PlanBuilder plan, string name, Value x, Pooling kind)
    {
        FormatDecision decision = plan.Decide(OperationKind.Activation, name);
        NumericFormat storage = decision.Format.Storage();
        var output = new Value(plan.NameOf(name), Shape.Vector(x.Columns), storage, storage);
        plan.Add(new PoolingOp(name, plan.WithEnds(x), output, kind, decision));
        return output;
    }
}
