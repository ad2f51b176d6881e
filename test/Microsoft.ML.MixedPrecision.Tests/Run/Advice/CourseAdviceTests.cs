using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>Whether a run ended lower than it began, and what is said where it did not.</summary>
[TestClass]
public sealed class CourseAdviceTests
{
    [TestMethod]
    public void Run_AdamWAtARateOf10_NamesTheRateAndBothLosses()
    {
        TrainingResult result = Run(10f, out double after);

        string warning = result.Warnings.Single(text => text.Contains("of the rows of the first step", StringComparison.Ordinal));
        double before = result.History[0].Attempts[0].Loss;
        string losses = FormattableString.Invariant($"it was {before:G4} before training and is {after:G4} now");
        StringAssert.Contains(warning, $"above where it began: of the rows of the first step {losses}");
        StringAssert.Contains(warning, "LearningRate 10 is too large for AdamW: divide it by ten");
    }

    [TestMethod]
    [DataRow(0.01f)]
    [DataRow(0.001f)]
    [DataRow(0.05f)]
    public void Run_AtAGoodRate_SaysNothing(float rate) => Assert.IsEmpty(Run(rate).Warnings);

    /// <summary>A heavy row that is not in the first step makes epochs' losses far larger than that of the first step; the step's own rows tell that nothing went wrong.</summary>
    [TestMethod]
    public void Run_WithAHeavyRow_SaysNothing()
    {
        using var device = new CpuDevice(1);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, 200, 8, 4, weight: 1f);
        store.Append([.. Enumerable.Repeat(0.5f, 8)], 1, 1e6f);
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = 1e-3f, BatchSize = 16, Epochs = 2 };

        TrainingResult result = new TrainingLoop(Examples.Network(8, [16], 4), options, device, store, null).Run(null, _ => { }, () => { });

        Assert.IsGreaterThan(100 * result.History[0].Attempts[0].Loss, result.History[^1].Loss, "another weight is needed");
        Assert.IsEmpty(result.Warnings);
    }

    /// <summary>Losses by hand: 1 before training, then those of the epochs, and that of the first step's rows at the end.</summary>
    [TestMethod]
    [DataRow("0.9 0.5 0.4", 3, 30, 9.0, null)]
    [DataRow("0.9 0.5 1.2", 2, 30, 9.0, null)] // the best epoch's weights are kept
    [DataRow("0.9 0.5 1.2", 3, 30, 1.0, "did not fall")]
    [DataRow("0.9 0.5 1.2", 3, 30, 0.9, null)]
    [DataRow("1.3 1.2 1.1", 3, 30, 1.1, null)] // lower than in the first epoch
    [DataRow("1 1 1", 3, 10, 1.0, "did not fall")]
    [DataRow("1 1 1", 3, 9, 1.0, null)] // too few steps to tell
    [DataRow("9 8 7", 3, 3, 2.1, "ended above")]
    [DataRow("9 8 7", 3, 30, 2.0, null, true)]
    [DataRow("9 8 7", 3, 30, 2.1, "ended above", true)]
    [DataRow("9 8 7", 3, 30, 1.2, "ended above")]
    [DataRow("9 8 7", 3, 9, 1.2, null)]
    [DataRow("9 8 7", 3, 30, 1.05, null)]
    [DataRow("9 8 NaN", 3, 30, 9.0, null)]
    public void Of_EpochsByHand_ComparesWithTheLossBeforeTraining(string losses, int kept, int steps, double after, string? expected, bool weights = false)
    {
        double[] epochs = [.. losses.Split(' ').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
        TrainingMetrics[] history = [.. epochs.Select((loss, i) => new TrainingMetrics { Epoch = i + 1, Loss = loss, Step = steps, Attempts = [new StepMetrics { Attempt = 1, Step = 1, Loss = 1 }] })];

        string? said = CourseAdvice.Of(history, kept, new TrainingOptions { Precision = PrecisionPolicy.Float32 }, weights, () => after);

        Assert.AreEqual(expected is null, said is null, said);
        StringAssert.Contains(said ?? "", expected ?? "");
    }

    /// <summary>A few labels may be far off and learned at the cost of the rest: 1.2 times the loss before tells nothing there.</summary>
    [TestMethod]
    public void Of_LossOfNumbers_IsToldFromTwiceOn()
    {
        Assert.IsNull(Of(1, [9, 8, 7], 1.2, new SquaredErrorLoss()));
        StringAssert.Contains(Of(1, [9, 8, 7], 2.1, new SquaredErrorLoss()), "ended above");
        StringAssert.Contains(Of(1, [9, 8, 7], 1.2, new CrossEntropyLoss()), "ended above");
    }

    [TestMethod]
    public void Of_LossBeforeTrainingThatIsNotFinite_SaysNothing()
        => Assert.IsNull(Of(float.PositiveInfinity, [double.PositiveInfinity], double.PositiveInfinity, new CrossEntropyLoss()));

    private static string? Of(float before, double[] losses, double after, Loss loss)
    {
        TrainingMetrics[] history = [.. losses.Select((value, i) => new TrainingMetrics
        {
            Epoch = i + 1,
            Loss = value,
            Step = 30,
            Attempts = [new StepMetrics { Attempt = 1, Step = 1, Loss = before }],
        })];
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, Loss = loss };
        return CourseAdvice.Of(history, history.Length, options, hasWeights: false, () => after);
    }

    private static TrainingResult Run(float rate) => Run(rate, out _);

    private static TrainingResult Run(float rate, out double after)
    {
        using var device = new CpuDevice(1);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, 200, 8, 4);

        // Every third row has another row's class: a network that is sure of itself is wrong of these.
        for (int row = 0; row < store.Rows - 3; row += 3)
        {
            store.Targets(row)[0] = store.Targets(row + 3)[0];
        }

        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = rate, BatchSize = 16, Epochs = 6 };
        Network network = Examples.Network(8, [64, 64], 4, ActivationKind.Gelu);
        TrainingResult result = new TrainingLoop(network, options, device, store, null).Run(null, _ => { }, () => { });
        int[] order = new int[store.Rows];
        new RowOrder(store.Rows, [], options.Seed).Fill(1, order);
        after = new Validation(store, order[..options.BatchSize], device, new CrossEntropyLoss()).Run(network).Loss;
        return result;
    }
}
