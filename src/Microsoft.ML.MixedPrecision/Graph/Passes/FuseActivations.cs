using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Has a product or a normalisation apply the activation behind it before it rounds, where both are stored alike and nothing else reads
/// what lies between.
/// </summary>
internal static class FuseActivations
{
    /// <summary>Fuses.</summary>
    /// <param name="ops">In forward order; fused activations are removed.</param>
    public static void Run(List<Op> ops)
    {
        for (int i = 0; i + 1 < ops.Count; i++)
        {
            if (ops[i + 1] is ActivationOp activation
                && activation.Input.Producer == ops[i]
                && activation.Output.Format == activation.Input.Format
                && ops.Count(op => op.Inputs.Contains(activation.Input)) == 1
                && TryFuse(ops[i], activation))
            {
                ops.RemoveAt(i + 1);
            }
        }
    }

    private static bool TryFuse(Op op, ActivationOp activation)
    {
        switch (op)
        {
            case LinearOp { Activation: ActivationKind.None } linear:
                linear.Fuse(activation);
                return true;
            case LayerNormOp { Activation: ActivationKind.None } norm:
                norm.Fuse(activation);
                return true;
            default:
                return false;
        }
    }
}
