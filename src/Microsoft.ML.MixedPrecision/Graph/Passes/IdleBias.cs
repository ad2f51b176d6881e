namespace Microsoft.ML.MixedPrecision.Graph.Passes;

/// <summary>Leaves alone the bias of an operation whose only reader, such as a batch norm, takes the mean, and with it any bias, out
/// again.</summary>
internal static class IdleBias
{
    /// <summary>Finds them.</summary>
    /// <param name="ops">In forward order, shared values split: what a fork gives to a batch norm is read by others too.</param>
    public static void Run(IReadOnlyList<Op> ops)
    {
        foreach (Op reader in ops.Where(op => op.TakesBiasOut))
        {
            reader.Inputs[0].Producer?.LeaveBias();
        }
    }
}
