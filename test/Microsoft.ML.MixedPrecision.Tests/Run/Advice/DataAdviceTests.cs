using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>What is said of the rows before the first step.</summary>
[TestClass]
public sealed class DataAdviceTests
{
    /// <summary>Prices in the hundred thousands beside ages and a share: squared errors of R² −135,015 without a word. The slots come with
    /// their size, the largest first.</summary>
    [TestMethod]
    public void Run_PricesAsTheyAre_NamesTheSlots()
    {
        TrainingResult result = Train(
            new SquaredErrorLoss(),
            row => [row % 60, 200_000 + (1000 * (row % 50)), 0.5f, row % 7, -500 - row],
            row => row % 11);

        string warning = result.Warnings.Single(text => text.Contains("far from a scale of 1", StringComparison.Ordinal));
        StringAssert.StartsWith(warning, "2 of 5 features are far from a scale of 1; slot (root mean square): 1 (2.2E+05), 4 (");
        StringAssert.Contains(warning, "Transforms.NormalizeMeanVariance");
    }

    [TestMethod]
    [DataRow(100.5, true)]
    [DataRow(99.5, false)]
    [DataRow(16.0, false)]
    [DataRow(1.0, false)]
    [DataRow(1.1e-3, false)]
    [DataRow(0.9e-3, true)]
    [DataRow(0.0, false)]
    public void OfFeatures_LargestRootMeanSquare_DecidesWhatIsSaid(double size, bool said)
        => Assert.HasCount(said ? 1 : 0, DataAdvice.OfFeatures([0, size / 3, size]).ToArray());

    /// <summary>The digits' grey values from 0 to 16, and their standardised form of many rare slots.</summary>
    [TestMethod]
    [DataRow(16f)]
    [DataRow(1f)]
    public void Of_Digits_SaysNothing(float scale)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Digits(device, scale);

        Assert.IsEmpty(DataAdvice.Of(store, new RowOrder(store.Rows, [], 1), new CrossEntropyLoss()).ToArray());
    }

    [TestMethod]
    public void Of_ConstantLabel_SaysThatThereIsNothingToLearn()
    {
        string warning = Train(new SquaredErrorLoss(), row => [row % 3], _ => 7).Warnings.Single(
            text => text.Contains("the same label", StringComparison.Ordinal));

        StringAssert.StartsWith(warning, "All 40 rows that train have the same label: there is nothing to learn of it");
        Assert.IsFalse(
            Train(new HuberLoss(1), row => [row % 3], row => row == 39 ? 8 : 7).Warnings.Any(
                text => text.Contains("the same label", StringComparison.Ordinal)));
    }

    /// <summary>Rows that validate do not count: the label differs in one of them alone.</summary>
    [TestMethod]
    public void Of_ConstantLabelOfTheRowsThatTrain_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false, targetWords: 3);
        for (int row = 0; row < 10; row++)
        {
            store.Append([row % 3], [row, 5f, row == 4 ? 1f : 2f], 1f);
        }

        string all = DataAdvice.Of(store, new RowOrder(10, [], 1), new SquaredErrorLoss())
            .Single(), trains = DataAdvice.Of(store, new RowOrder(10, [4], 1), new SquaredErrorLoss())
            .Single();

        StringAssert.StartsWith(all, "All 10 rows that train have the same number in target 1 of the label:");
        StringAssert.StartsWith(trains, "All 9 rows that train have the same number in target 1, 2 of the label:");
    }

    /// <summary>A row that validates has a feature of 1e6, as all rows from 1,024 on of a sorted store have: those count, it does
    /// not.</summary>
    [TestMethod]
    public void Of_LargeFeatures_CountsRowsThatTrainAndThoseBehindTheFirst()
    {
        using var device = new CpuDevice(1);
        using RowStore one = Numbers(device, 10, row => row == 4 ? 1e6f : 1f);
        using RowStore sorted = Numbers(device, 2048, row => row < 1024 ? 1f : 1e6f);

        Assert.HasCount(1, Advice(one, []));
        Assert.IsEmpty(Advice(one, [4]));
        StringAssert.Contains(Advice(sorted, []).Single(), "0 (7.07E+05)"); // 1e6 · √½
    }

    /// <summary>Scaling has not seen them, and nothing is learnt of them.</summary>
    [TestMethod]
    public void Of_RowsOfWeightZero_AreNotLookedAt()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: true, targetWords: 1);
        for (int row = 0; row < 10; row++)
        {
            store.Append([row == 4 ? 1e6f : 1f], [row == 4 ? 2f : 1f], weight: row == 4 ? 0 : 1);
        }

        string only = DataAdvice.Of(store, new RowOrder(10, [], seed: 1), new SquaredErrorLoss()).Single();

        StringAssert.StartsWith(only, "All 9 rows that train have the same label");
    }

    [TestMethod]
    public void OfFeatures_MoreThanEightLarge_NamesTheEightLargest()
    {
        string advice = DataAdvice.OfFeatures([.. Enumerable.Range(1, 10).Select(i => 1000.0 * i)]).Single();

        StringAssert.StartsWith(advice, "10 of 10 features are far from");
        StringAssert.Contains(advice, "9 (1E+04), 8 (9E+03), 7 (8E+03), 6 (7E+03), 5 (6E+03), 4 (5E+03), 3 (4E+03), 2 (3E+03), …. ");
    }

    [TestMethod]
    [DataRow(1e3)]
    [DataRow(1e-4)]
    public void OfFeatures_ThatThePreviousModelScales_SaysSoAndNotToLeaveScalingOn(double size)
    {
        string scaled = DataAdvice.OfFeatures([size], isScaled: true).Single(), plain = DataAdvice.OfFeatures([size]).Single();

        StringAssert.Contains(scaled, "train without the previous model");
        Assert.DoesNotContain("leave FeatureScaling at Standard", scaled);
        StringAssert.Contains(plain, "leave FeatureScaling at Standard");
    }

    /// <summary>Of one row nothing can be said.</summary>
    [TestMethod]
    public void Of_OneRow_SaysNothing()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Numbers(device, 1, _ => 1f);

        Assert.IsEmpty(Advice(store, []));
    }

    private static string[] Advice(RowStore store, int[] validation)
        => [.. DataAdvice.Of(store, new RowOrder(store.Rows, validation, 1), new SquaredErrorLoss())];

    /// <summary>Rows of one feature whose labels differ.</summary>
    private static RowStore Numbers(CpuDevice device, int rows, Func<int, float> feature)
    {
        var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false, targetWords: 1);
        for (int row = 0; row < rows; row++)
        {
            store.Append([feature(row)], [(float)row], 1f);
        }

        return store;
    }

    private static RowStore Digits(CpuDevice device, float scale)
    {
        var store = new RowStore(device, NumericFormat.Float32, 64, hasWeights: false);
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "digits.csv")).Skip(1).Take(500))
        {
            float[] cells = [.. line.Split(',').Select(cell => float.Parse(cell, System.Globalization.CultureInfo.InvariantCulture))];
            store.Append([.. cells[..64].Select(value => value * scale / 16)], (int)cells[64], 1f);
        }

        return store;
    }

    private static TrainingResult Train(Loss loss, Func<int, float[]> features, Func<int, float> label)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, features(0).Length, hasWeights: false, targetWords: 1);
        for (int row = 0; row < 40; row++)
        {
            store.Append(features(row), [label(row)], 1f);
        }

        var network = new Network(new Perceptron(store.Features, [4], ActivationKind.Relu, 1).ToSpec());
        network.Initialize(1);
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, Loss = loss, Epochs = 2 };
        return LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
    }
}
