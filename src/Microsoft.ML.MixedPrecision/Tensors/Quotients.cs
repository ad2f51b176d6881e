namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Quotients that are rounded up: how many blocks it takes.</summary>
internal static class Quotients
{
    /// <summary>⌈n ÷ divisor⌉.</summary>
    /// <param name="n">At least 0.</param>
    /// <param name="divisor">At least 1.</param>
    public static int Quotient(int n, int divisor) => (int)(((long)n + divisor - 1) / divisor);
}
