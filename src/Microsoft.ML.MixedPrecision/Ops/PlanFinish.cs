using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Graph.Passes;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The end of planning: the passes in their order. Here, and not with the builder, since two of them append operations.</summary>
internal static class PlanFinish
{
    /// <summary>
    /// Runs the passes, and has the last product store its result, the logits, in Float32. Call once, after all layers have built and
    /// losses were added.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="last">What the network ends with.</param>
    /// <returns>The logits (N · rows, columns), Float32.</returns>
    /// <exception cref="NotSupportedException">
    /// A value is read by nothing or, being the output, by an operation too; or parameters are shared as they cannot be.
    /// </exception>
    public static Value Finish(this PlanBuilder plan, Value last)
    {
        GradientNeeds.RefuseReadOutput(plan.Ops, last);
        if (plan.Training)
        {
            GradientNeeds.RefuseUnread(plan.Ops, last);
            plan.MarkNeeds();
            plan.Apply(SplitShared.Run);
            plan.Apply(IdleBias.Run);
            plan.MarkNeeds();
        }

        plan.Apply(FuseActivations.Run);
        Value logits = last;
        plan.Apply(ops => logits = StoreLogits.Run(ops, last, plan.NameOf));
        plan.Complete(logits);
        return logits;
    }
}
