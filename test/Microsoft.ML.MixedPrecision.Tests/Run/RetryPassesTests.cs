using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>
/// Steps that were skipped run again at the end of their epoch. Of two classes under logits of 0 a row of weight w has a gradient of w/2 ÷
/// rows of its step, which Float16 holds
/// times a scale S where S · w/2 ÷ rows ≤ 65504: rows of weight 1 under every scale here, one heavy row from a power of two on that each
/// test chooses.
/// </summary>
[TestClass]
public sealed class RetryPassesTests
{
    private const int Rows = 22;
    private const int Batch = 4;
    private const int Heavy = 13;

    /// <summary>Ten rows to the end of the last step, 22 = 5 · 4 + 2: six steps an epoch, whatever the accumulation.</summary>
    public static IEnumerable<object[]> Courses
        => from accumulation in new[] { 1, 2 }
           from validates in new[] { false, true }
           from normalization in new[] { NormalizationKind.None, NormalizationKind.BatchNorm }
           select new object[] { accumulation, validates, normalization };

    /// <summary>Under a weight of 2¹⁶ an element of its loss's gradient is 2¹⁵ ÷ rows, which is stored from a scale of 1 · rows on
    /// downward: 65536 is halved until then, once a pass.</summary>
    [TestMethod]
    [DynamicData(nameof(Courses))]
    public void Run_HeavyRow_IsLearnedInTheFirstEpochAndRecorded(int accumulation, bool validates, NormalizationKind normalization)
    {
        TrainingOptions options = Options() with { Epochs = 2, GradientAccumulationSteps = accumulation };
        (TrainingResult result, _) = Run(options, heavy: 65536, normalization, heldBack: validates ? [0, 1] : []);
        int rows = validates ? Rows - 2 : Rows;
        int steps = ((rows - 1) / (Batch * accumulation)) + 1;

        foreach (TrainingMetrics epoch in result.History)
        {
            StepMetrics[] first = [.. epoch.Attempts.Where(attempt => attempt.RetryPass == 0)], again = [
                .. epoch.Attempts.Where(attempt => attempt.RetryPass > 0)];
            CollectionAssert.AreEqual(Enumerable.Range(1, steps).ToArray(), first.Select(attempt => attempt.EpochStep).ToArray());
            Assert.AreEqual(rows, first.Sum(attempt => attempt.Rows));
            Assert.AreEqual(0, epoch.Lost);
            StepMetrics[] skipped = [.. first.Where(attempt => attempt.Skipped)];
            if (epoch.Epoch == 1)
            {
                Assert.AreEqual(1, skipped.Length, "the step of the heavy row");
                Assert.IsTrue(again.All(attempt => attempt.EpochStep == skipped[0].EpochStep && attempt.Rows == skipped[0].Rows));
                CollectionAssert.AreEqual(
                    Enumerable.Range(1, again.Length).ToArray(),
                    again.Select(attempt => attempt.RetryPass).ToArray());
                Assert.IsTrue(again[..^1].All(attempt => attempt.Skipped) && !again[^1].Skipped);

                // The largest scale with S · 2¹⁵ ÷ rows ≤ 65504, if the weights had not changed meanwhile; and half of it where they have.
                float largest = 1;
                while (largest * 2 * 32768 / skipped[0].Rows <= 65504)
                {
                    largest *= 2;
                }

                Assert.IsTrue(again[^1].LossScale == largest || again[^1].LossScale == largest / 2, $"{again[^1].LossScale} of {largest}");
            }
        }

        StepMetrics[] attempts = [.. result.History.SelectMany(epoch => epoch.Attempts)];
        CollectionAssert.AreEqual(
            Enumerable.Range(1, attempts.Length).Select(n => (long)n).ToArray(),
            attempts.Select(attempt => attempt.Attempt).ToArray());
        Assert.AreEqual(2 * steps, result.Steps, "every step is committed once");
        Assert.AreEqual(attempts.Length - (2 * steps), result.Skipped);
        Assert.AreEqual(validates, result.History.All(epoch => epoch.ValidationLoss is not null));
    }

    /// <summary>With a linear schedule the rate of committed step t of T is 1 − (t − 1)/T, whichever attempt commits it; a skipped attempt
    /// has the rate of the step it would have been.</summary>
    [TestMethod]
    public void Run_WithASchedule_CountsCommittedStepsAlone()
    {
        TrainingOptions options = Options() with { Epochs = 3, Schedule = LearningRateSchedule.Linear, LearningRate = 1e-4f };
        (TrainingResult result, _) = Run(options, heavy: 65536);

        Assert.IsGreaterThan(3L, result.Skipped);
        foreach (StepMetrics attempt in result.History.SelectMany(epoch => epoch.Attempts))
        {
            double step = attempt.Step + (attempt.Skipped ? 1 : 0);
            Assert.AreEqual(1e-4 * (1 - ((step - 1) / 18)), attempt.LearningRate, 1e-9);
        }
    }

    /// <summary>Each row counts once in an epoch's loss: with its step's last attempt. The rate is too small to change a weight, so that
    /// all attempts have the same loss.</summary>
    [TestMethod]
    public void Run_RowsThatRanAgain_CountOnceInTheLoss()
    {
        TrainingOptions options = Options() with { Epochs = 1, Optimizer = OptimizerKind.Sgd, LearningRate = 1e-30f };
        (TrainingResult again, _) = Run(options, heavy: 65536);
        (TrainingResult never, _) = Run(options with { RetryPasses = 0 }, heavy: 65536);

        // ln 2 · (21 + 65536) ÷ 22.
        Assert.AreEqual(Math.Log(2) * (21 + 65536) / 22, again.History[0].Loss, 1e-3);
        Assert.AreEqual(never.History[0].Loss, again.History[0].Loss, 1e-9);
        Assert.AreEqual((0, 1), (again.History[0].Lost, never.History[0].Lost));
    }

    [TestMethod]
    [DataRow(0, 0)]
    [DataRow(3, 3)]
    [DataRow(100, 14)] // Learned in the pass that has a scale of 65536 ÷ 2¹⁴ = 4.
    public void Run_AtMostSoManyPasses_RunThatOften(int most, int expected)
    {
        (TrainingResult result, List<string> lines) = Run(Options() with { Epochs = 1, RetryPasses = most }, heavy: 65536);

        Assert.AreEqual(expected, result.History[0].Attempts.Max(attempt => attempt.RetryPass));
        Assert.AreEqual(most < 14 ? 1 : 0, result.History[0].Lost);
        Assert.HasCount(most == 3 ? 1 : 0, lines);
    }

    /// <summary>2⁴⁰ overflows under a scale of 1 too. What is lost is told with its rows, and the scale goes back to where the other rows
    /// have their gradients.</summary>
    [TestMethod]
    public void Run_RowBeyondEveryScale_IsToldAndLeavesTheScaleToTheOthers()
    {
        (TrainingResult result, List<string> lines) = Run(Options() with { Epochs = 4 }, heavy: 1099511627776f);

        Assert.IsTrue(result.History.All(epoch => epoch.Lost == 1));
        Assert.AreEqual(4 * 5, result.Steps);
        StringAssert.StartsWith(lines[0], "1 step was skipped in epoch 1, and again in up to 16 passes over skipped steps, the last "
            + "time under a loss scale of 1, since the gradient of '");
        StringAssert.Contains(lines[0], "nothing was learned of rows 13, ");
        StringAssert.Contains(lines[0], " (counted from 0 in the order read, rows without a label left out)");
        StringAssert.Contains(lines[0], "divide all weights by a constant");
        StringAssert.StartsWith(lines[^1], "In 4 epochs 4 steps were skipped in every attempt");

        // One halving an epoch, by the first attempt, is not taken back where a step of the epoch is committed behind it.
        StepMetrics[] committed = [.. result.History.SelectMany(epoch => epoch.Attempts).Where(attempt => !attempt.Skipped)];
        Assert.IsGreaterThanOrEqualTo(65536f / 16, committed[^1].LossScale);
        CollectionAssert.AreEqual(lines, result.Warnings.ToArray());
    }

    /// <summary>NaN features make every attempt's outputs NaN, whatever the scale: they run again once.</summary>
    [TestMethod]
    public void Run_OutputsNotFinite_RunAgainOnce()
    {
        (TrainingResult result, List<string> lines) = Run(Options() with { Epochs = 1 }, heavy: 1, feature: float.NaN);

        StepMetrics again = result.History[0].Attempts.Single(attempt => attempt.RetryPass > 0);
        Assert.AreEqual("logits", again.NonFinite);
        Assert.AreEqual(1, result.History[0].Lost);
        StringAssert.Contains(lines.Single(), "since the network's outputs were not finite: nothing was learned of rows ");
    }

    [TestMethod]
    public void Run_NothingOverflows_GivesTheBitsOfNoPasses()
    {
        (TrainingResult with, _) = Run(Options() with { Epochs = 3, LearningRate = 0.01f }, heavy: 1);
        (TrainingResult without, _) = Run(Options() with { Epochs = 3, LearningRate = 0.01f, RetryPasses = 0 }, heavy: 1);

        Assert.AreEqual(0, with.Skipped);
        CollectionAssert.AreEqual(Bits(without), Bits(with));

        static (long, double, double, float, int, int)[] Bits(TrainingResult result)
            => [.. result.History.SelectMany(epoch => epoch.Attempts).Select(attempt => (
                attempt.Attempt,
                (double)attempt.Loss,
                attempt.GradientNorm,
                attempt.LossScale,
                attempt.EpochStep,
                attempt.RetryPass))];
    }

    [TestMethod]
    public void Run_CancelledInAPass_ThrowsBeforeTheNextStep()
    {
        int calls = 0;
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 65536, 1);

        // Six steps of the first pass, then one of each later one.
        Assert.ThrowsExactly<OperationCanceledException>(() => LoopRuns.Of(
            Zeros(NormalizationKind.None),
            Options() with { Epochs = 1 },
            device,
            store,
            null).Run(null, _ => { }, () =>
        {
            if (++calls == 8)
            {
                throw new OperationCanceledException();
            }
        }));
        Assert.AreEqual(8, calls);
    }

    [TestMethod]
    public void Run_StopRequested_EndsBehindThePassesOfThatEpoch()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 65536, 1);
        TrainingResult result = LoopRuns.Of(
            Zeros(NormalizationKind.None),
            Options(),
            device,
            store,
            null).Run(epoch => epoch.RequestStop(), _ => { }, () => { });

        Assert.HasCount(1, result.History);
        Assert.AreEqual(6, result.Steps);
        Assert.AreEqual(0, result.History[0].Lost);
    }

    private static TrainingOptions Options()
        => new() { Precision = PrecisionPolicy.MixedFloat16, BatchSize = Batch, Epochs = 30, LearningRate = 1e-6f, Seed = 3 };

    private static Network Zeros(NormalizationKind normalization)
        => new(new Perceptron(1, [3], ActivationKind.Tanh, 2, normalization).ToSpec());

    private static RowStore Store(CpuDevice device, float heavy, float feature)
    {
        var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: true);
        for (int i = 0; i < Rows; i++)
        {
            store.Append([i == Heavy ? feature : (i % 5) - 2], i % 2, i == Heavy ? heavy : 1f);
        }

        return store;
    }

    private static (TrainingResult Result, List<string> Lines) Run(
        TrainingOptions options,
        float heavy,
        NormalizationKind normalization = NormalizationKind.None,
        float feature = 1,
        int[]? heldBack = null)
    {
        var lines = new List<string>();
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, heavy, feature);
        var order = new RowOrder(Rows, heldBack ?? [], options.Seed);
        return (LoopRuns.Of(Zeros(normalization), options, device, store, null, order).Run(null, lines.Add, () => { }), lines);
    }
}
