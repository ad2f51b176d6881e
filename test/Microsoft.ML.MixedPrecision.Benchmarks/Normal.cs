namespace Microsoft.ML.MixedPrecision.Benchmarks;

/// <summary>Normally distributed numbers.</summary>
internal static class Normal
{
    /// <summary>Fills with standard normal numbers: √(−2 ln u)·cos(2πv) and its sine, u in (0, 1] (Box and Muller, 1958).</summary>
    public static void Fill(Random random, Span<float> values)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(radius * sine);
            }
        }
    }
}
