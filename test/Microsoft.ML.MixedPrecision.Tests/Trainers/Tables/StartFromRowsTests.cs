using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What starts from rows: units of deviation 1 whose kinks lie among the rows, and bins of as many rows each; by sums in
/// binary64.</summary>
[TestClass]
internal sealed class StartFromRowsTests
{
    private const int Rows = 500;
    private const int Features = 6;

    [TestMethod]
    public void Run_DataDrivenStart_GivesEachUnitADeviationOf1AndAKinkAmongTheRows()
    {
        Network network = Create(new Perceptron(Features, [9, 7], ActivationKind.Relu, 3));
        RowSample sample = Sample();
        DataDrivenStart.Run(network, sample, seed: 3, threads: 1);
        double[][] x = [.. Enumerable.Range(0, Rows).Select(row => Row(sample, row))];
        for (int layer = 0; layer < 2; layer++)
        {
            double[][] z = [.. x.Select(row => Product(network, $"hidden.{layer}", row))];
            for (int unit = 0; unit < z[0].Length; unit++)
            {
                double[] values = [.. z.Select(row => row[unit])];
                double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));

                // Weights in Float32, and the rows' products in Float32 before.
                Assert.AreEqual(1, deviation, 1e-5, $"layer {layer}, unit {unit}");
                Assert.IsTrue(values.Any(value => value > 0) && values.Any(value => value < 0), $"layer {layer}, unit {unit}");
            }

            x = [.. z.Select(row => row.Select(value => Math.Max(value, 0)).ToArray())];
        }
    }

    [TestMethod]
    public void Run_DataDrivenStart_LeavesTheOutputAndUnitsWithoutDeviation()
    {
        Network network = Create(new Perceptron(Features, [4], ActivationKind.Relu, 3));
        Parameter weight = Find(network, "hidden.0.weight");
        weight.Values.AsSpan(0, Features).Clear();
        float[] output = [.. Find(network, "output.weight").Values];
        DataDrivenStart.Run(network, Sample(), seed: 3, threads: 1);

        Assert.IsTrue(weight.Values[..Features].All(value => value == 0));
        CollectionAssert.AreEqual(output, Find(network, "output.weight").Values);
    }

    [TestMethod]
    public void Fit_BinEdges_HoldAsManyRowsEach()
    {
        Network network = Create(new Perceptron(Features, [4], ActivationKind.Relu, 3, Embedding: NumericEmbedding.PiecewiseLinear));
        RowSample sample = Sample();
        BinEdges.Fit(network, sample);
        PiecewiseLinear layer = network.Body.Leaves.OfType<PiecewiseLinear>().Single();
        Assert.AreEqual(16, layer.Bins);
        for (int column = 0; column < Features; column++)
        {
            double[] sorted = [.. Enumerable.Range(0, Rows).Select(row => Row(sample, row)[column]).Order()];
            for (int bin = 0; bin < layer.Bins; bin++)
            {
                float lower = layer.Lower.Values[(column * 16) + bin], factor = layer.Factor.Values[(column * 16) + bin];
                Assert.AreEqual(Quantile(sorted, bin / 16.0), lower, 1e-6 * Math.Max(1, Math.Abs(lower)));
                double width = Quantile(sorted, (bin + 1) / 16.0) - Quantile(sorted, bin / 16.0);

                // The last column has few values, and so bins without width.
                Assert.AreEqual(width < 1e-9 ? 0 : 1 / width, factor, 1e-3 * factor, $"column {column}, bin {bin}");
            }
        }
    }

    [TestMethod]
    public void Draw_RowsOfWeight0_AreNotLookedAt()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: true);
        for (int i = 0; i < 10; i++)
        {
            store.Append([i], 0, i % 2);
        }

        RowSample sample = RowSample.Draw(store, [0, 1, 2, 3, 4, 5, 6], seed: 1)!;

        CollectionAssert.AreEqual(new float[] { 1, 3, 5 }, sample.Values);
        Assert.IsNull(RowSample.Draw(store, [0, 2], seed: 1));
    }

    [TestMethod]
    public void Draw_MoreRowsThanNeeded_TakesEachOnceAndAsTheSeedSays()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false);
        for (int i = 0; i < 9000; i++)
        {
            store.Append([i], 0, 1);
        }

        int[] rows = [.. Enumerable.Range(0, 9000)];
        float[] first = RowSample.Draw(store, rows, seed: 1)!.Values, other = RowSample.Draw(store, rows, seed: 2)!.Values;

        Assert.HasCount(8192, first.Distinct().ToArray());
        CollectionAssert.AreEqual(first, RowSample.Draw(store, rows, seed: 1)!.Values);
        CollectionAssert.AreNotEqual(first, other);
        Assert.IsGreaterThan(8100, first.Max(), "rows of the end are among them");
    }

    private static Network Create(Perceptron perceptron)
    {
        var network = new Network(perceptron.ToSpec());
        network.Initialize(1);
        return network;
    }

    /// <summary>Numbers of several sizes; the last column has four values.</summary>
    private static RowSample Sample()
    {
        var random = new Random(5);
        return new RowSample(
            [
                .. Enumerable.Range(0, Rows * Features).Select(i => (i % Features) switch
                {
                    0 => (float)random.NextDouble(),
                    5 => random.Next(4),
                    _ => (float)((random.NextDouble() - 0.4) * Math.Pow(3, i % Features)),
                }),
            ],
            Rows);
    }

    private static double[] Row(RowSample sample, int row)
        => [.. sample.Values.AsSpan(row * Features, Features).ToArray().Select(value => (double)value)];

    private static Parameter Find(Network network, string name) => network.Parameters.Single(parameter => parameter.Name == name);

    private static double[] Product(Network network, string name, double[] x)
    {
        Parameter weight = Find(network, name + ".weight"), bias = Find(network, name + ".bias");
        return [
            .. bias.Values.Select((b, unit) => b + x.Select((value, i) => value * weight.Values[(unit * x.Length) + i]).Sum())];
    }

    private static double Quantile(double[] sorted, double share)
    {
        double rank = (sorted.Length - 1) * share;
        int below = (int)Math.Floor(rank);
        return sorted[below] + ((rank - below) * (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]));
    }
}
