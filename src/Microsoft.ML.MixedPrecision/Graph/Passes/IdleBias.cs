using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>Leaves alone the bias of a product that only a batch norm reads, which takes the mean, and with it any bias, out
/// again.</summary>
internal static class IdleBias
{
    /// <summary>Finds them.</summary>
    /// <param name="ops">In forward order, shared values split: what a fork gives to a batch norm is read by others too.</param>
    public static void Run(IReadOnlyList<Op> ops)
    {
        foreach (BatchNormOp norm in ops.OfType<BatchNormOp>())
        {
            (norm.Input.Producer as LinearOp)?.LeaveBias();
        }
    }
}
