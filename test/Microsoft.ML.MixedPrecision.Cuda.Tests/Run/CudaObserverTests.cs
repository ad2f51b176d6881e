using Microsoft.ML.MixedPrecision.Cuda.Tests.Step;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Run.Observers;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Run;

/// <summary>What observers are told of a run on a card, which is ahead of them and does not wait.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaObserverTests : CudaTrainingTest
{
    private const int Rows = 40_000, Features = 64, Classes = 10;

    /// <summary>
    /// A clock by which each step takes a second lets steps be told of as soon as their records are here: the first one when the second was
    /// launched, and all 2,500 in more parts than two looks at the states make, while the epoch runs. Each comes once, in order, with the
    /// bits of a run that nobody watches.
    /// </summary>
    [TestMethod]
    [DataRow("float32", 1)]
    [DataRow("mixed_float16", 1)]
    [DataRow("mixed_float16", 3)]
    [DataRow("mixed_bfloat16", 1)]
    public void Steps_OfALongEpoch_AreToldWhileItRuns(string policy, int accumulation)
    {
        TrainingOptions options = Options(policy, accumulation);
        using RowStore store = Store(options);
        var time = new FakeTime();
        int launched = 0;
        var at = new List<int>();
        var heard = new EventList
        {
            Heard = told => at.AddRange(told is RunSteps ? [launched] : []),
        };
        (TrainingResult watched, float[] weights) = Run(options, store, time, Launch, heard);
        (TrainingResult plain, float[] expected) = Run(options, store, new FakeTime(), () => { });

        long[] attempts = [.. heard.Steps.Select(step => step.Attempt)];
        CollectionAssert.AreEqual(Enumerable.Range(1, (int)watched.Attempts).Select(n => (long)n).ToArray(), attempts);
        Assert.AreEqual(2, at[0]);
        Assert.IsGreaterThan(5, at.Count(steps => steps < Rows / options.StepRows), "what came while steps were launched");
        CollectionAssert.AreEqual(expected, weights);
        CollectionAssert.AreEqual(Course(plain), Course(watched));

        void Launch()
        {
            launched++;
            time.Advance(1000);
        }
    }

    /// <summary>A stop within an epoch keeps the weights of the steps that were told of, and no others; cancelling too.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Ended_WithinAnEpoch_KeepsTheWeightsOfItsSteps(bool cancels)
    {
        TrainingOptions options = Options("mixed_float16", 1);
        using RowStore store = Store(options);
        using var stop = new CancellationTokenSource();
        int steps = 0;
        var heard = new EventList();
        Network network = Examples.Network(Features, [64], Classes);
        TrainingLoop loop = Loop(network, options, store, TimeProvider.System, stop.Token);
        TrainingResult part = cancels
            ? UnfinishedRun.Of(Assert.ThrowsExactly<OperationCanceledException>(() => loop.Run(Before, heard)))!.Result
            : loop.Run(Before, heard);

        Assert.AreEqual((700L, 700), (part.Attempts, part.History.Single().AttemptCount));
        Assert.AreEqual(700, heard.Steps.Count());
        Assert.IsTrue(part.History[0].IsPartial);
        Assert.AreEqual(700L * options.StepRows, part.History[0].Rows);

        // The first 700 steps by themselves: an epoch of those rows in that order.
        var order = new RowOrder(Rows, [], options.Seed);
        int[] rows = new int[Rows];
        order.Fill(1, rows);
        Network other = Examples.Network(Features, [64], Classes);
        using (TrainingPlan plan = Plan(
            Device, "mixed_float16", other, options.BatchSize, settings => settings with
            {
                Optimizer = options.OptimizerSettings,
                Seed = options.Seed,
            }))
        {
            plan.Steps.BeginEpoch(store, rows);
            for (int step = 0; step < 700; step++)
            {
                plan.Steps.Take(new StepRequest(options.BatchSize) { LearningRate = options.LearningRate });
            }

            CollectionAssert.AreEqual(Weights(plan, other), network.Parameters.SelectMany(parameter => parameter.Values).ToArray());
        }

        void Before()
        {
            if (++steps == 701)
            {
                (cancels ? () => throw new OperationCanceledException() : (Action)stop.Cancel)();
            }
        }
    }

    private static TrainingOptions Options(string policy, int accumulation) => new()
    {
        Precision = PrecisionPolicy.Parse(policy),
        LossScaling = LossScaling.Static(256),
        BatchSize = 16 / accumulation,
        GradientAccumulationSteps = accumulation,
        Epochs = 1,
        Seed = 3,
    };

    private static (long, float, double, float, string?)[] Course(TrainingResult result) =>
    [
        .. result.History.SelectMany(epoch => epoch.Attempts)
            .Select(step => (step.Attempt, step.Loss, step.GradientNorm, step.LossScale, step.NonFinite)),
    ];

    private RowStore Store(TrainingOptions options) => Examples.Clusters(Cpu, options.Precision.ComputeFormat, Rows, Features, Classes);

    private TrainingLoop Loop(
        Network network, TrainingOptions options, RowStore store, TimeProvider time, CancellationToken stop = default)
        => new(network, options, Device, store, new RowOrder(Rows, [], options.Seed))
        {
            StopToken = stop,
            Time = time,
            KeepsUnfinished = true,
        };

    private (TrainingResult Result, float[] Weights) Run(
        TrainingOptions options, RowStore store, TimeProvider time, Action before, params IRunObserver[] observers)
    {
        Network network = Examples.Network(Features, [64], Classes);
        TrainingResult result = Loop(network, options, store, time).Run(before, observers);
        return (result, [.. network.Parameters.SelectMany(parameter => parameter.Values)]);
    }
}
