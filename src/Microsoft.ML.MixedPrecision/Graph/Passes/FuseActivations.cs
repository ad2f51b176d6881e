namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>
/// Has an operation, such as a product or a normalisation, apply the activation behind it before it rounds, and a scale of members one more
/// scale, where both are stored alike and nothing else reads what lies between (<see cref="Op.TryFuse"/>).
/// </summary>
internal static class FuseActivations
{
    /// <summary>Fuses.</summary>
    /// <param name="ops">In forward order; fused activations are removed.</param>
    public static void Run(List<Op> ops)
    {
        for (int i = 0; i + 1 < ops.Count; i++)
        {
            while (i + 1 < ops.Count
                && ops[i + 1] is UnaryOp next
                && next.Input.Producer == ops[i]
                && next.Output.Format == next.Input.Format
                && ops.Count(op => op.Inputs.Contains(next.Input)) == 1
                && ops[i].TryFuse(next))
            {
                ops.RemoveAt(i + 1);
            }
        }
    }
}
