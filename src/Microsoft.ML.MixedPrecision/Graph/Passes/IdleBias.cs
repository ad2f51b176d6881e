using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Leaves alone the bias of a product that only a batch norm reads, which takes the mean, and with it any bias, out again.
/// </summary>
internal static class IdleBias
{
    /// <summary>Finds them.</summary>
    /// <param name="ops">In forward order, shared values split.</param>
    public static void Run(IReadOnlyList<Op> ops)
    {
        foreach (BatchNormOp norm in ops.OfType<BatchNormOp>())
        {
            Op? op = norm.Input.Producer;
            while (op is CastOp cast)
            {
                op = cast.Input.Producer;
            }

            (op as LinearOp)?.LeaveBias();
        }
    }
}
