using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Has a product multiply its input's gradient by the derivative of the activation in the epilogue of the product before, before the one
/// rounding. Only where that gradient is needed, and where the other one shares no parameter: on a card its bias's gradient comes with the
/// folded one, out of the order in which several operations add to one gradient.
/// </summary>
internal static class FoldGradients
{
    /// <summary>Folds.</summary>
    /// <param name="ops">In forward order, shared values split and parameters settled.</param>
    public static void Run(IReadOnlyList<Op> ops)
    {
        foreach (LinearOp consumer in ops.OfType<LinearOp>())
        {
            if (consumer.Input is { NeedsGradient: true, Producer: LinearOp { CanBeFolded: true } producer })
            {
                consumer.FoldGradientOf(producer);
            }
        }
    }
}
