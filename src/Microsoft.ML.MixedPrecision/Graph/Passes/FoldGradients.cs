namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Has an operation multiply its input's gradient by the derivative of the activation that the operation before has fused, before the one
/// rounding (<see cref="Op.FoldGradientOf"/>). Only where that gradient is needed.
/// </summary>
internal static class FoldGradients
{
    /// <summary>Folds.</summary>
    /// <param name="ops">In forward order, shared values split and parameters settled.</param>
    public static void Run(IReadOnlyList<Op> ops)
    {
        foreach (UnaryOp consumer in ops.OfType<UnaryOp>())
        {
            if (consumer.Input is { NeedsGradient: true, Producer: { } producer })
            {
                consumer.FoldGradientOf(producer);
            }
        }
    }
}
