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

    /// <summary>A heavy row that is not in the first step makes epochs' losses far larger than that of the first step; the step's own rows
    /// tell that nothing went wrong.</summary>
    [TestMethod]
    public void Run_WithAHeavyRow_SaysNothing()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 200, 8, 4, weight: 1f);
        store.Append([.. Enumerable.Repeat(0.5f, 8)], 1, 1e6f);
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = 1e-3f, BatchSize = 16, Epochs = 2 };

        TrainingResult result = LoopRuns.Of(Examples.Network(8, [16], 4), options, device, store, null).Run(null, _ => { }, () => { });

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
    public void Of_EpochsByHand_ComparesWithTheLossBeforeTraining(
        string losses,
        int kept,
        int steps,
        double after,
        string? expected,
        bool weights = false)
    {
        double[] epochs = [.. losses.Split(' ').Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];
        TrainingMetrics[] history = [
            .. epochs.Select(
                (loss, i) => new TrainingMetrics
                {
                    Epoch = i + 1,
                    Loss = loss,
                    Step = steps,
                    Attempts = [new StepMetrics { Attempt = 1, Step = 1, Loss = 1 }],
                })];

        string? said = CourseAdvice.Of(history, kept, new TrainingOptions { Precision = PrecisionPolicy.Float32 }, weights, _ => after);

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
        return CourseAdvice.Of(history, history.Length, options, hasWeights: false, _ => after);
    }

    /// <summary>Rows of the first two steps weigh 0, so that their loss is: the third step's tells, of which the loss is
    /// measured.</summary>
    [TestMethod]
    public void Of_FirstStepsOfRowsThatWeigh0_ComparesTheFirstOfOthers()
    {
        StringAssert.Contains(Of(2, [0, 0, 0.7f, 0.1f], epoch: 0.8), "of the rows of step 3, the first whose rows count, it was 0.7 "
            + "before training and is 2 now");
        Assert.IsNull(Of(2, [0, 0, 0.7f, 0.1f], epoch: 0.6));
        Assert.IsNull(Of(-1, [0, 0, 0, 0], epoch: 0), "no row counts");
        Assert.IsNull(Of(-1, [0, float.NaN, 0.7f], epoch: 0.8), "the step that counts was skipped");

        static string? Of(int measured, float[] attempts, double epoch)
        {
            StepMetrics[] steps = [.. attempts.Select((loss, i) => new StepMetrics { Attempt = i + 1, Step = i + 1, Loss = loss })];
            TrainingMetrics[] history = [
                .. Enumerable.Range(1, 2).Select(i => new TrainingMetrics { Epoch = i, Loss = epoch, Step = 30, Attempts = steps })];
            return CourseAdvice.Of(history, 2, new TrainingOptions { Precision = PrecisionPolicy.Float32 }, hasWeights: true, step =>
            {
                Assert.AreEqual(measured, step);
                return 2;
            });
        }
    }

    /// <summary>10 of 1,000 rows count: the loss of the step that holds the first of them is measured on that step's rows, and
    /// falls.</summary>
    [TestMethod]
    public void Run_WithFewRowsThatCount_SaysNothing()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 2, hasWeights: true);
        for (int row = 0; row < 1000; row++)
        {
            store.Append([row % 2, 1], row % 2, row % 100 == 0 ? 1 : 0);
        }

        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = 1e-2f, BatchSize = 4, Epochs = 3 };
        TrainingResult result = LoopRuns.Of(Examples.Network(2, [4], 2), options, device, store, null).Run(null, _ => { }, () => { });

        Assert.AreEqual(0f, result.History[0].Attempts[0].Loss, "the test needs a first step of rows that weigh 0");
        Assert.IsEmpty(result.Warnings);
    }

    [TestMethod]
    public void Of_WeightDecayThatMakesWeightsGrow_NamesItAndNotTheRate()
    {
        string grows = Of(3e3f)!, shrinks = Of(1e3f)!;

        StringAssert.Contains(grows, "WeightDecay 3000 times LearningRate 0.001 is 3: each step multiplies the weights by 1 − 3, so "
            + "that they grow. Lower WeightDecay");
        Assert.DoesNotContain("divide it by ten", grows);
        StringAssert.Contains(shrinks, "divide it by ten");

        static string? Of(float decay)
        {
            var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = 1e-3f, WeightDecay = decay };
            TrainingMetrics[] history = [
                new TrainingMetrics { Epoch = 1, Loss = 9, Step = 30, Attempts = [new StepMetrics { Attempt = 1, Step = 1, Loss = 1 }] }];
            return CourseAdvice.Of(history, 1, options, hasWeights: false, _ => 5);
        }
    }

    private static TrainingResult Run(float rate) => Run(rate, out _);

    private static TrainingResult Run(float rate, out double after)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 200, 8, 4);

        // Every third row has another row's class: a network that is sure of itself is wrong of these.
        for (int row = 0; row < store.Rows - 3; row += 3)
        {
            store.Targets(row)[0] = store.Targets(row + 3)[0];
        }

        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, LearningRate = rate, BatchSize = 16, Epochs = 6 };
        Network network = Examples.Network(8, [64, 64], 4, ActivationKind.Gelu);
        TrainingResult result = LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
        int[] order = new int[store.Rows];
        new RowOrder(store.Rows, [], options.Seed).Fill(1, order);
        after = new Validation(store, order[..options.BatchSize], device, new CrossEntropyLoss()).Run(network).Loss;
        return result;
    }
}
