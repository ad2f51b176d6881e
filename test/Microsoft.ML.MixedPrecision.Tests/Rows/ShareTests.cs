using System.Globalization;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Shares of counts are those of the numbers that people write: the expected values are decimal arithmetic on the texts.</summary>
[TestClass]
public sealed class ShareTests
{
    /// <summary>As floats 0.7 · 5 is 3.4999999, 0.35 · 10 is 3.4999999, 0.3 · 5 is 1.5000001, 0.58 · 25 is 14.5 less a little.</summary>
    [TestMethod]
    [DataRow("0.7", 5, 4)]
    [DataRow("0.35", 10, 4)]
    [DataRow("0.3", 5, 2)]
    [DataRow("0.5", 5, 2)]
    [DataRow("0.1", 5, 0)]
    [DataRow("0.9", 15, 14)]
    [DataRow("1E-05", 150_000, 2)]
    [DataRow("0", 7, 0)]
    [DataRow("1", 7, 7)]
    public void RoundedOf_ShareOfSteps_IsThatOnPaper(string share, int count, int expected)
    {
        float written = float.Parse(share, CultureInfo.InvariantCulture);

        Assert.AreEqual(expected, Share.RoundedOf(written, count));
        Assert.AreEqual((double)expected, RateSchedule.Create(LearningRateSchedule.Linear, count, written, 0).WarmupSteps);
    }

    /// <summary>Every share of two decimals, of every count to 200: a half on paper is a half.</summary>
    [TestMethod]
    public void Of_EveryShareOfTwoDecimals_IsExact()
    {
        for (int hundredths = 0; hundredths <= 100; hundredths++)
        {
            float share = float.Parse(
                $"0.{hundredths:00}".Replace("0.100", "1.00", StringComparison.Ordinal),
                CultureInfo.InvariantCulture);
            for (int count = 0; count <= 200; count++)
            {
                Assert.AreEqual(hundredths * count / 100m, Share.Of(share, count));
            }
        }
    }
}
