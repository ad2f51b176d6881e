using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Quartiles of features, and what robust scaling makes of them, against sorting in double precision.</summary>
[TestClass]
public sealed class FeatureQuartilesTests
{
    /// <summary>Heavy tails, values of every size and sign, ties, one value, zeros of both signs, whole numbers; with gaps and without; in
    /// widths around those of a thread's share.</summary>
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 2)]
    [DataRow(16, 5)]
    [DataRow(17, 4999)]
    [DataRow(70, 3000)]
    public void Measure_OfAnyData_IsWhatSortingFinds(int features, int rows)
    {
        float[][] data = Rows(rows, features);
        int[] train = [.. Enumerable.Range(0, rows).Where(row => rows < 10 || row % 10 != 3)];

        FeatureQuartiles[] quartiles = Measure(data, null, train, threads: 2);

        Assert.HasCount(features, quartiles);
        for (int j = 0; j < features; j++)
        {
            double[] values = [.. train.Select(row => (double)data[row][j]).Where(value => !double.IsNaN(value)).Order()];
            FeatureQuartiles expected = values.Length == 0 ? default : new FeatureQuartiles(
                values.Length,
                0,
                values[0],
                Quantile(values, 0.25),
                Quantile(values, 0.5),
                Quantile(values, 0.75),
                values[^1]);
            Assert.AreEqual(expected with { Gaps = train.Length - values.Length }, quartiles[j], $"feature {j}");
        }
    }

    /// <summary>Numbers of another program: Python's statistics.quantiles(values, n=4, method='inclusive').</summary>
    [TestMethod]
    [DataRow(new[] { 7.0f, 1, -3.5f, 0.25f, 100, 2 }, 0.4375, 1.5, 5.75)]
    [DataRow(new[] { -1e30f, 3, 3, 3, 8, 9, 1e38f, -2, 0.5f }, 0.5, 3.0, 8.0)]
    [DataRow(new[] { 5f, 9 }, 6.0, 7.0, 8.0)]
    [DataRow(new[] { -4f }, -4.0, -4.0, -4.0)]
    public void Measure_OfAFewValues_IsWhatPythonSays(float[] values, double lower, double median, double upper)
    {
        FeatureQuartiles quartiles = Measure([.. values.Select(value => (float[])[value])], null, Examples.Rows(values.Length), 1).Single();

        Assert.AreEqual((lower, median, upper), (quartiles.Lower, quartiles.Median, quartiles.Upper));
    }

    [TestMethod]
    public void Measure_OtherNumberOfThreads_GivesTheSame()
    {
        float[][] data = Rows(2000, 40);

        CollectionAssert.AreEqual(Measure(data, null, Examples.Rows(2000), 1), Measure(data, null, Examples.Rows(2000), 3));
    }

    [TestMethod]
    public void Measure_RowsOfWeightZero_DoNotCount()
    {
        FeatureQuartiles quartiles = Measure([[1], [3], [1e9f], [float.NaN], [5]], [0.5f, 2, 0, 0, 1], Examples.Rows(5), 1).Single();

        Assert.AreEqual(new FeatureQuartiles(3, 0, 1, 2, 3, 4, 5), quartiles);
    }

    /// <summary>1/(q75 − q25); 2/(max − min) where that range is 0; 0 where nothing varies, whatever comes later; and no factor beyond
    /// Float32.</summary>
    [TestMethod]
    public void Fill_OfAScaler_FollowsRealMlp()
    {
        FeatureQuartiles[] quartiles =
        [
            new(9, 0, -100, 1, 4, 9, 1000),
            new(9, 0, -1, 0, 0, 0, 7),
            new(9, 0, 3e38, 3e38, 3e38, 3e38, 3e38),
            new(9, 0, -3e38, -3e38, 1, 3e38, 3e38),
            new(9, 0, 0, 0, 1e-45, 2.8e-45, 1),
            default,
        ];
        var scaler = new FeatureScaler("features", quartiles.Length, clips: true);

        FeatureQuartiles.Fill(quartiles, scaler);

        CollectionAssert.AreEqual(new[] { 4f, 0, 0, 1, 1e-45f, 0 }, scaler.Shift.Values);
        CollectionAssert.AreEqual(new[] { 0.125f, 0.25f, 0, (float)(1 / 6e38), float.MaxValue, 0 }, scaler.Factor.Values);
        float[] scaled = new float[6];
        scaler.Scale([4, 7, -3e38f, -3e38f, 1e-45f, 5], scaled);
        Assert.AreEqual((0f, 0f, 0f, 0f), (scaled[0], scaled[2], scaled[4], scaled[5]));
        Assert.AreEqual(1.75 / Math.Sqrt(1 + Math.Pow(1.75 / 3, 2)), scaled[1], 3e-7);
    }

    private static float[][] Rows(int rows, int features)
    {
        var random = new Random(7);
        double Cauchy() => Math.Tan(Math.PI * (random.NextDouble() - 0.5));
        return [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, features).Select(j => (j % 9) switch
        {
            0 => (float)Cauchy(),
            1 => BitConverter.UInt32BitsToSingle((uint)random.Next() << 1) is var any && float.IsFinite(any) ? any : 0,
            2 => random.Next(4) - 2,
            3 => 0.1f,
            4 => random.Next(3) == 0 ? 0f : -0f,
            5 => random.Next(4) == 0 ? float.NaN : (float)(1e30 * Cauchy()),
            6 => float.NaN,
            7 => random.Next(1950, 2020),
            _ => (float)Math.Exp(8 * (random.NextDouble() - 0.5)),
        }).ToArray())];
    }

    /// <summary>Type 7.</summary>
    private static double Quantile(double[] ordered, double share)
    {
        double position = (ordered.Length - 1) * share;
        int below = (int)position;
        double low = ordered[below], high = ordered[Math.Min(below + 1, ordered.Length - 1)];
        return low + ((high - low) * (position - below));
    }

    private static FeatureQuartiles[] Measure(float[][] data, float[]? weights, int[] rows, int threads)
    {
        using var device = new CpuDevice(threads);
        using var store = new RowStore(device, NumericFormat.Float32, data[0].Length, weights is not null);
        for (int i = 0; i < data.Length; i++)
        {
            store.Append(data[i], 0, weights?[i] ?? 1);
        }

        return FeatureQuartiles.Measure(store, rows);
    }
}
