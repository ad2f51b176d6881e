using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>Figures of validation rows that choose the best epoch, against their definitions.</summary>
[TestClass]
public sealed class BestEpochMetricTests
{
    /// <summary>The share of all pairs, counted one by one, ties half.</summary>
    [TestMethod]
    [DataRow(2, 1000)]
    [DataRow(7, 5)] // many ties
    [DataRow(300, 40)]
    public void AreaUnderCurve_OfAnyScores_IsTheShareOfPairsInOrder(int rows, int levels)
    {
        var random = new Random(rows);
        double[] scores = [.. Enumerable.Range(0, rows).Select(_ => random.Next(levels) / 8.0)];
        bool[] positive = [.. Enumerable.Range(0, rows).Select(row => row == 0 || (row > 1 && random.Next(3) == 0))];

        (double order, double pairs) = (0, 0);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < rows; j++)
            {
                if (positive[i] && !positive[j])
                {
                    pairs++;
                    order += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }

        Assert.AreEqual(order / pairs, AreaUnderCurve.Of(scores, positive), 1e-12);
    }

    [TestMethod]
    public void AreaUnderCurve_OfOneKindOfRowsOrOfNaN_IsNaN()
    {
        Assert.AreEqual(double.NaN, AreaUnderCurve.Of([1, 2], [true, true]));
        Assert.AreEqual(double.NaN, AreaUnderCurve.Of([1, 2], [false, false]));
        Assert.AreEqual(double.NaN, AreaUnderCurve.Of([1, double.NaN, 3], [true, false, true]));
        Assert.AreEqual(double.NaN, AreaUnderCurve.Of([], []));
    }

    /// <summary>All scores equal: each pair counts half, also where pairs are more than an Int32 holds.</summary>
    [TestMethod]
    public void AreaUnderCurve_OfManyEqualScores_IsAHalf()
        => Assert.AreEqual(
            0.5, AreaUnderCurve.Of(new double[200_000], [.. Enumerable.Range(0, 200_000).Select(row => row % 2 == 0)]), 1e-12);

    [TestMethod]
    [DataRow(BestEpochMetric.Loss)]
    [DataRow(BestEpochMetric.Accuracy)]
    [DataRow(BestEpochMetric.Auc)]
    [DataRow(BestEpochMetric.Rmse)]
    public void Criterion_OfALossThatIsNotFinite_IsNaN(BestEpochMetric metric)
    {
        foreach (double loss in (double[])[double.NaN, double.PositiveInfinity])
        {
            Assert.AreEqual(double.NaN, new ValidationFigures(loss, 0.9) { Auc = 0.9, Rmse = 1 }.Criterion(metric));
        }
    }

    /// <summary>Beside scores from the formula in double precision: Float32 swaps no pair of 1500 rows that are 1e-6 apart.</summary>
    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public void Run_ByAuc_IsTheMeanOverClassesAgainstTheRest(int classes)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 1500, 6, classes);
        Network network = Examples.Network(6, [10], classes, ActivationKind.Tanh);
        var validation = new Validation(store, Examples.Rows(1500), device, new CrossEntropyLoss(), BestEpochMetric.Auc);

        ValidationFigures figures = validation.Run(network);

        double[][] shares = [.. new ReferenceLoss(store, network).Logits().Select(Shares)];
        double expected = Enumerable.Range(0, classes).Average(label => Pairs(
            [.. shares.Select(share => share[label])], [.. Enumerable.Range(0, 1500).Select(row => store.Targets(row)[0] == label)]));
        Assert.AreEqual(expected, figures.Auc!.Value, 1e-5);
        Assert.IsNull(figures.Rmse);
        Assert.AreEqual(-figures.Auc!.Value, figures.Criterion(BestEpochMetric.Auc));
    }

    [TestMethod]
    public void Run_ByAucOfOneOutput_RanksTheOutput()
    {
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, new BinaryCrossEntropyLoss(), 700, 6, 1, weights: true);
        Network network = Examples.Network(6, [10], 1, ActivationKind.Tanh);
        var validation = new Validation(store, Examples.Rows(700), device, new BinaryCrossEntropyLoss(), BestEpochMetric.Auc);

        double auc = validation.Run(network).Auc!.Value;

        double[] outputs = [.. new ReferenceLoss(store, network).Logits().Select(row => row[0])];
        bool[] positive = [.. Enumerable.Range(0, 700).Select(row => BitConverter.Int32BitsToSingle(store.Targets(row)[0]) > 0.5f)];
        Assert.AreEqual(Pairs(outputs, positive), auc, 1e-5);
    }

    [TestMethod]
    public void Run_ByRmse_IsTheRootOfTheMeanSquare()
    {
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, new HuberLoss(0.5f), 1500, 6, 3, weights: true);
        Network network = Examples.Network(6, [10], 3, ActivationKind.Tanh);
        var validation = new Validation(store, Examples.Rows(1500), device, new HuberLoss(0.5f), BestEpochMetric.Rmse);

        ValidationFigures figures = validation.Run(network);

        double[][] outputs = new ReferenceLoss(store, network).Logits();
        double squares = Enumerable.Range(0, 1500).Sum(row => outputs[row]
            .Zip(store.Targets(row).ToArray(), (x, y) => Math.Pow(x - BitConverter.Int32BitsToSingle(y), 2)).Sum());
        Assert.AreEqual(Math.Sqrt(squares / 4500), figures.Rmse!.Value, 1e-6);
        Assert.AreEqual(figures.Rmse!.Value, figures.Criterion(BestEpochMetric.Rmse));
        Assert.IsNull(figures.Auc);
    }

    /// <summary>The epoch that is kept is the one with the largest accuracy, or area, whatever its loss.</summary>
    [TestMethod]
    [DataRow(BestEpochMetric.Loss)]
    [DataRow(BestEpochMetric.Accuracy)]
    [DataRow(BestEpochMetric.Auc)]
    public void Run_ByAMetric_KeepsItsFirstBestEpoch(BestEpochMetric metric)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Noise(device);
        Network network = Examples.Network(8, [64], 3);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            BatchSize = 10,
            Epochs = 25,
            LearningRate = 0.01f,
            EarlyStoppingPatience = 25,
            BestEpochMetric = metric,
        };

        TrainingResult result = LoopRuns.Of(network, options, device, store, null, Examples.HoldingBack(0.4f, store.Rows))
            .Run(() => { }, []);

        double Figure(TrainingMetrics epoch) => metric switch
        {
            BestEpochMetric.Loss => -epoch.ValidationLoss!.Value,
            BestEpochMetric.Accuracy => epoch.ValidationAccuracy!.Value,
            _ => epoch.ValidationAuc!.Value,
        };
        Assert.AreEqual(result.History.MaxBy(Figure)!.Epoch, result.BestEpoch);
        Assert.IsTrue(result.BestWeightsRestored);
        var kept = new Validation(
            store, Examples.HoldingBack(0.4f, store.Rows).Validation, device, new CrossEntropyLoss(), metric).Run(network);
        Assert.AreEqual(Figure(result.History[result.BestEpoch!.Value - 1]), -kept.Criterion(metric), 1e-12);
    }

    [TestMethod]
    public void Run_WithoutABetterArea_StopsWithItsName()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Noise(device);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            BatchSize = 10,
            Epochs = 200,
            LearningRate = 0.01f,
            EarlyStoppingPatience = 2,
            BestEpochMetric = BestEpochMetric.Auc,
        };

        TrainingResult result = LoopRuns.Of(
            Examples.Network(8, [64], 3), options, device, store, null, Examples.HoldingBack(0.4f, store.Rows)).Run(() => { }, []);

        Assert.AreEqual("2 epochs without a larger validation AUC", result.StopReason);
        StringAssert.Contains(result.History[0].ToString(), ", AUC ");
    }

    [TestMethod]
    public void Run_ByAucOfOneClass_SaysSoOnceAndKeepsTheLastEpoch()
    {
        using var device = new CpuDevice(2);
        using RowStore train = Noise(device);
        using var validation = new RowStore(device, NumericFormat.Float32, 8, hasWeights: false);
        validation.Append(new float[8], 1, 1f);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Epochs = 3,
            EarlyStoppingPatience = 1,
            BestEpochMetric = BestEpochMetric.Auc,
        };
        var log = new List<string>();

        TrainingResult result = LoopRuns.Of(Examples.Network(8, [4], 3), options, device, train, validation).Run(null, log.Add, () => { });

        Assert.HasCount(1, log.Where(line => line.Contains("all of one class", StringComparison.Ordinal)).ToArray());
        Assert.IsNull(result.BestEpoch);
        Assert.HasCount(3, result.History);
    }

    /// <summary>Labels that have nothing to do with features: figures of held-back rows go up and down.</summary>
    private static RowStore Noise(CpuDevice device)
    {
        var random = new Random(3);
        var store = new RowStore(device, NumericFormat.Float32, 8, hasWeights: false);
        for (int row = 0; row < 150; row++)
        {
            store.Append([.. Enumerable.Range(0, 8).Select(_ => (float)random.NextDouble())], random.Next(3), 1f);
        }

        return store;
    }

    private static double Pairs(double[] scores, bool[] positive)
    {
        double order = 0;
        foreach ((double score, bool isPositive) in scores.Zip(positive))
        {
            order += isPositive
                ? scores.Zip(positive).Where(other => !other.Second).Sum(other => score > other.First ? 1 : score == other.First ? 0.5 : 0)
                : 0;
        }

        double count = positive.Count(value => value);
        return order / (count * (positive.Length - count));
    }

    private static double[] Shares(double[] outputs)
    {
        double[] powers = [.. outputs.Select(Math.Exp)];
        return [.. powers.Select(power => power / powers.Sum())];
    }
}
