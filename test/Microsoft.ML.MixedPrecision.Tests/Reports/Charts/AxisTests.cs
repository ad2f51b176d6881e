using Microsoft.ML.MixedPrecision.Reports.Charts;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Axes: what they span, and the round values on them.</summary>
[TestClass]
public sealed class AxisTests
{
    [TestMethod]
    [DataRow(0, 20, 5, "0 5 10 15 20")]
    [DataRow(0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0")]
    [DataRow(0, 0.001, 2, "0 0.0005 0.0010")]
    [DataRow(-5, 5, 4, "-5 0 5")]
    [DataRow(0, 30000, 3, "0 10k 20k 30k")]
    [DataRow(0, 4e6, 4, "0 1M 2M 3M 4M")]
    [DataRow(0, 4e-7, 2, "0 2E-7 4E-7")]
    [DataRow(0, 3e12, 3, "0 1E+12 2E+12 3E+12")]
    public void Ticks_OfALinearAxis_AreRound(double low, double high, int most, string expected)
        => Assert.AreEqual(expected, Labels(new Axis("", AxisKind.Linear, low, high), most));

    [TestMethod]
    [DataRow(0.01, 100, 5, "0.01 0.1 1 10 100")]
    [DataRow(1e-6, 1e6, 7, "10⁻⁶ 10⁻⁴ 0.01 1 100 10,000 10⁶")]
    [DataRow(0.4, 6, 6, "0.5 1 2 5")]
    [DataRow(2e-9, 6e-9, 6, "2·10⁻⁹ 5·10⁻⁹")]
    [DataRow(1.1, 1.3, 4, "1.10 1.15 1.20 1.25 1.30")]
    public void Ticks_OfPowersOfTen_AreRound(double low, double high, int most, string expected)
        => Assert.AreEqual(expected, Labels(new Axis("", AxisKind.Log10, low, high), most));

    [TestMethod]
    [DataRow(1.0, 16.0, 5, "1 2¹ 2² 2³ 2⁴")]
    [DataRow(1.0, 16777216.0, 5, "1 2⁵ 2¹⁰ 2¹⁵ 2²⁰")]
    [DataRow(0.25, 1.0, 5, "2⁻² 2⁻¹ 1")]
    public void Ticks_OfPowersOfTwo_AreThose(double low, double high, int most, string expected)
        => Assert.AreEqual(expected, Labels(new Axis("", AxisKind.Log2, low, high), most));

    /// <summary>Log-uniform: the middle of 1 and 100 is 10.</summary>
    [TestMethod]
    [DataRow(AxisKind.Linear, 50.5)]
    [DataRow(AxisKind.Log10, 10.0)]
    [DataRow(AxisKind.Log2, 10.0)]
    internal void Position_OfTheMiddle_IsAHalf(AxisKind kind, double middle)
    {
        var axis = new Axis("", kind, 1, 100);

        Assert.AreEqual(0, axis.Position(1), 1e-12);
        Assert.AreEqual(0.5, axis.Position(middle), 1e-12);
        Assert.AreEqual(1, axis.Position(100), 1e-12);
    }

    [TestMethod]
    [DataRow(AxisKind.Linear)]
    [DataRow(AxisKind.Log10)]
    [DataRow(AxisKind.Log2)]
    internal void Over_AnyValues_HoldsThoseThatItCanShowAndHasTicks(AxisKind kind)
    {
        double[][] cases =
        [
            [], [double.NaN], [0], [1], [-1], [double.Epsilon], [double.MaxValue], [1, 1, 1], [-3, 5], [1e-300, 1e300],
            [double.PositiveInfinity, 2, 4],
            [-double.MaxValue, double.MaxValue], [0, 1e-12], [65504, 65504.0001],
        ];
        foreach (double[] values in cases)
        {
            Axis axis = Axis.Over("x", kind, values);

            Assert.IsGreaterThan(axis.Low, axis.High, string.Join(' ', values));
            foreach (double value in values.Where(axis.Shows))
            {
                double at = axis.Position(value);
                Assert.IsTrue(at is >= -1e-9 and <= 1 + 1e-9, $"{value} of {string.Join(' ', values)} lies at {at}");
            }

            Assert.IsLessThan(40, axis.Ticks(6).Count, string.Join(' ', values));
            Assert.IsTrue(axis.Ticks(6).All(tick => axis.Position(tick.Value) is >= -1e-6 and <= 1 + 1e-6), string.Join(' ', values));
        }
    }

    private static string Labels(Axis axis, int most) => string.Join(' ', axis.Ticks(most).Select(tick => tick.Label));
}
