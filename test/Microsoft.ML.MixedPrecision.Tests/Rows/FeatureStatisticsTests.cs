using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Mean and deviation of features against two passes in double precision.</summary>
[TestClass]
public sealed class FeatureStatisticsTests
{
    /// <summary>Columns far from 0, tiny, huge, of one value, and of zeros, in widths around those of vectors and in one part and in
    /// several.</summary>
    [TestMethod]
    [DataRow(1, 5)]
    [DataRow(7, 1)]
    [DataRow(8, 3000)]
    [DataRow(17, 5000)]
    [DataRow(33, 2049)]
    public void Measure_RowsThatTrain_IsTheMeanAndOneOverTheDeviation(int features, int rows)
    {
        float[][] data = Rows(rows, features);
        int[] train = [.. Enumerable.Range(0, rows).Where(row => rows < 10 || row % 10 != 3)];
        FeatureScaler scaler = Measure(data, null, train, isSparse: false, threads: 2);

        for (int j = 0; j < features; j++)
        {
            (double mean, double deviation) = Reference([.. train.Select(row => data[row][j])]);
            Assert.AreEqual((float)mean, scaler.Shift.Values[j], Math.Abs((float)mean) * 1e-7f, $"mean of {j}");
            float factor = deviation == 0 ? 1 : (float)Math.Min(1 / deviation, float.MaxValue);
            Assert.AreEqual(factor, scaler.Factor.Values[j], factor * 1e-6f, $"factor of {j}");
        }
    }

    [TestMethod]
    public void Measure_OneValueOnly_BecomesExactlyZero()
    {
        // 0.1 has no exact sum; the mean of equal numbers must be the number.
        float[][] data = [.. Enumerable.Repeat(new[] { 0.1f, 1e9f, -3e38f, 0f }, 3000)];
        FeatureScaler scaler = Measure(data, null, Examples.Rows(3000), isSparse: false, threads: 2);
        float[] scaled = new float[4];

        scaler.Scale(data[0], scaled);

        CollectionAssert.AreEqual(new float[4], scaled);
        CollectionAssert.AreEqual(new[] { 1f, 1f, 1f, 1f }, scaler.Factor.Values);
    }

    [TestMethod]
    public void Measure_OtherNumberOfThreads_GivesTheSameBits()
    {
        float[][] data = Rows(9000, 19);
        FeatureScaler one = Measure(
            data,
            null,
            Examples.Rows(9000),
            isSparse: false,
            threads: 1), three = Measure(data, null, Examples.Rows(9000), isSparse: false, threads: 3);

        CollectionAssert.AreEqual(one.Shift.Values, three.Shift.Values);
        CollectionAssert.AreEqual(one.Factor.Values, three.Factor.Values);
    }

    [TestMethod]
    public void Measure_RowsOfWeightZero_DoNotCount()
    {
        float[][] data = [[1], [3], [1e9f], [5]];
        FeatureScaler scaler = Measure(data, [0.5f, 2, 0, 1], Examples.Rows(4), isSparse: false, threads: 1);

        Assert.AreEqual(3f, scaler.Shift.Values[0]);
        Assert.AreEqual((float)(1 / Math.Sqrt(8.0 / 3)), scaler.Factor.Values[0], 1e-6f);
    }

    /// <summary>Zeros stay: a feature with zeros is divided by the root mean square of its other values, √((9 + 9 + 9 + 16 + 16)/5); one
    /// without is standardised; one of zeros alone is left.</summary>
    [TestMethod]
    public void Measure_SparseRows_ScalesAndShiftsNoFeatureThatHasZeros()
    {
        float[][] data = [
            .. Enumerable.Range(0, 20).Select(i => new[] { i % 4 == 0 ? (i < 12 ? 3f : -4f) : 0f, 2010 + (i % 2), 0, 7, 1, 0, 0, 0, 0 })];
        FeatureScaler scaler = Measure(data, null, Examples.Rows(20), isSparse: true, threads: 1);

        CollectionAssert.AreEqual(new[] { 0f, 2010.5f, 0, 7, 1, 0, 0, 0, 0 }, scaler.Shift.Values);
        Assert.AreEqual(1 / Math.Sqrt(59.0 / 5), scaler.Factor.Values[0], 1e-6);
        Assert.AreEqual(2f, scaler.Factor.Values[1]);
        CollectionAssert.AreEqual(new[] { 1f, 1f, 1f, 1f, 1f, 1f, 1f }, scaler.Factor.Values[2..]);
    }

    /// <summary>Gaps are neither values nor rows: the figures are those of the values that are there, in dense rows and in sparse ones, the
    /// first row having gaps too.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Measure_WithGaps_IsOfTheValuesThatAreThere(bool isSparse)
    {
        float[][] data = Rows(4000, 19);
        var random = new Random(9);
        foreach (float[] row in data)
        {
            for (int j = 0; j < row.Length; j++)
            {
                row[j] = j == 7 || random.Next(5) == 0 ? float.NaN : row[j];
            }
        }

        FeatureScaler scaler = Measure(data, null, Examples.Rows(data.Length), isSparse, threads: 2);

        for (int j = 0; j < 19; j++)
        {
            double[] values = [.. data.Select(row => (double)row[j]).Where(value => !double.IsNaN(value))];
            bool hasZeros = isSparse && values.Contains(0);
            (double mean, double deviation) = values.Length == 0 ? (0, 0) : Reference(values);
            double size = hasZeros ? Math.Sqrt(values.Where(value => value != 0).Average(value => value * value)) : deviation;
            float factor = size == 0 ? 1 : (float)Math.Min(1 / size, float.MaxValue);
            Assert.AreEqual(hasZeros ? 0 : (float)mean, scaler.Shift.Values[j], Math.Abs((float)mean) * 1e-6f, $"mean of {j}");
            Assert.AreEqual(factor, scaler.Factor.Values[j], factor * 1e-6f, $"factor of {j}");
        }
    }

    internal static float[][] Rows(int rows, int features)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, features).Select(j => (j % 6) switch
        {
            0 => (float)(1e9 + (1000 * random.NextDouble())),
            1 => (float)(1e-20 * random.NextDouble()),
            2 => (float)(1e30 * (random.NextDouble() - 0.5)),
            3 => 0.1f,
            4 => random.Next(3) == 0 ? 1 : 0,
            _ => (float)random.NextDouble() - 0.5f,
        }).ToArray())];
    }

    private static (double Mean, double Deviation) Reference(double[] values)
    {
        double mean = values.Average();
        return (mean, values.Distinct().Count() == 1 ? 0 : Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    private static FeatureScaler Measure(float[][] data, float[]? weights, int[] rows, bool isSparse, int threads)
    {
        using var device = new CpuDevice(threads);
        using var store = new RowStore(device, NumericFormat.Float32, data[0].Length, weights is not null);
        for (int i = 0; i < data.Length; i++)
        {
            store.Append(data[i], 0, weights?[i] ?? 1);
        }

        var scaler = new FeatureScaler("features", data[0].Length);
        FeatureStatistics.Measure(store, rows, isSparse, scaler);
        return scaler;
    }
}
