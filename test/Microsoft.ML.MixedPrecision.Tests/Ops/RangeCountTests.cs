using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The counts of a range probe on the CPU against the same counts in plain words, at every length around a vector.</summary>
[TestClass]
public sealed class RangeCountTests
{
    // Float16's smallest normal is 2⁻¹⁴.
    private static readonly float Normal = MathF.ScaleB(1, -14);
    private static readonly float[] Special = [
        0,
        -0f,
        1,
        -1,
        float.NaN,
        float.PositiveInfinity,
        float.NegativeInfinity,
        float.Epsilon,
        -float.Epsilon,
        65504,
        -70000];

    [TestMethod]
    public void Add_OfAnyLength_CountsEachValueOnce()
    {
        var random = new Random(5);
        for (int length = 0; length <= 70; length++)
        {
            float[] values = [
                .. Enumerable.Range(0, length).Select(
                    i => i % 3 == 0
                        ? Special[random.Next(Special.Length)]
                        : MathF.BitIncrement(Normal * (1 - (2 * random.Next(2))) * random.Next(3)))];
            var totals = new RangeTotals { Largest = 0.5f, BelowNormal = 3, Zeros = 2, Count = 9 };

            RangeCount.Add(values, ref totals);

            Assert.AreEqual(
                values.Select(value => float.IsNaN(value) ? float.PositiveInfinity : Math.Abs(value)).Append(0.5f).Max(),
                totals.Largest,
                $"{length} values");
            Assert.AreEqual(3 + values.Count(value => value != 0 && Math.Abs(value) < Normal), totals.BelowNormal, $"{length} values");
            Assert.AreEqual(2 + values.Count(value => value == 0), totals.Zeros, $"{length} values");
            Assert.AreEqual(9 + length, totals.Count);
        }
    }
}
