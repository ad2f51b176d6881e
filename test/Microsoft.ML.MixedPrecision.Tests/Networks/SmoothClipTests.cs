using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>z/√(1 + (z/3)²) against double precision, from the smallest numbers to infinities.</summary>
[TestClass]
public sealed class SmoothClipTests
{
    private static readonly float[] Sizes =
    [
        0, 1e-45f, 1e-30f, 1e-8f, 0.1f, 0.5f, 1, 2.5f, 3, 10, 100, 16384, 1048575, 1048576, 1048577, 1e8f, 5.6e19f, 1e20f, 1e30f, 1e38f,
        float.MaxValue, float.PositiveInfinity,
    ];

    /// <summary>In every place of vectors and behind them. Five roundings of half a unit each: 3 units of 2^-23 at most.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(8)]
    [DataRow(23)]
    public void Run_OfAnySize_IsTheFormula(int length)
    {
        foreach (float z in Sizes.SelectMany(size => (float[])[size, -size]))
        {
            double expected = float.IsInfinity(z) ? 3 * Math.Sign(z) : z / Math.Sqrt(1 + ((double)z / 3 * z / 3));
            float[] values = new float[length];
            Array.Fill(values, z);

            SmoothClip.Run(values);

            foreach (float value in values)
            {
                Assert.AreEqual(expected, value, (Math.Abs(expected) * 3 / (1 << 23)) + 1e-45, $"{z}");
                Assert.AreEqual(BitConverter.SingleToUInt32Bits(values[0]), BitConverter.SingleToUInt32Bits(value), "vector and tail");
            }
        }
    }

    /// <summary>What is larger is never less, and nothing is beyond 3 by more than a unit.</summary>
    [TestMethod]
    public void Run_OfAscendingValues_Ascends()
    {
        float[] values = [.. Enumerable.Range(-4000, 8001).Select(i => (float)(Math.Sign(i) * Math.Pow(1.02, Math.Abs(i)) * 1e-3))];

        SmoothClip.Run(values);

        for (int i = 1; i < values.Length; i++)
        {
            Assert.IsGreaterThanOrEqualTo(values[i - 1] - 3e-7f, values[i], $"{i}");
        }

        Assert.AreEqual((-3f, 3f), (MathF.Round(values[0], 6), MathF.Round(values[^1], 6)));
    }
}
