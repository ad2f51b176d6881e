using Microsoft.ML.MixedPrecision.Cuda.Tests.Step;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Run;

/// <summary>What observers are told of a run on a card, which is ahead of them and does not wait.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaObserverTests : CudaTrainingTest
{
    private const int Rows = 40_000, Features = 64, Classes = 10;

    /// <summary>One epoch of 2,500 and more steps takes longer than the time between two events: all of its steps but the last few are told
    /// of while it runs, each once, in order, with the bits of a run that nobody watches and of which the records come at its end.</summary>
    [TestMethod]
    [DataRow("float32", 1)]
    [DataRow("mixed_float16", 1)]
    [DataRow("mixed_float16", 3)]
    [DataRow("mixed_bfloat16", 1)]
    public void Steps_OfALongEpoch_AreToldWhileItRuns(string policy, int accumulation)
    {
        TrainingOptions options = Options(policy, accumulation);
        using ExampleStore store = Store(options);
        int launched = 0, within = 0;
        var heard = new EventList
        {
            Heard = told => within += told is RunSteps && launched < Rows / options.StepRows ? 1 : 0,
        };
        (TrainingResult watched, float[] weights) = Run(options, store, () => launched++, heard);
        (TrainingResult plain, float[] expected) = Run(options, store, () => { });

        long[] attempts = [.. heard.Steps.Select(step => step.Attempt)];
        CollectionAssert.AreEqual(Enumerable.Range(1, (int)watched.Attempts).Select(n => (long)n).ToArray(), attempts);
        Assert.IsGreaterThan(0, within, "nothing came while steps were launched");
        CollectionAssert.AreEqual(expected, weights);
        CollectionAssert.AreEqual(Course(plain), Course(watched));
    }

    /// <summary>A stop within an epoch keeps the weights of the steps that were told of, and no others; cancelling too.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Ended_WithinAnEpoch_KeepsTheWeightsOfItsSteps(bool cancels)
    {
        TrainingOptions options = Options("mixed_float16", 1);
        using ExampleStore store = Store(options);
        using var stop = new CancellationTokenSource();
        int steps = 0;
        var heard = new EventList();
        Network network = Examples.Network(Features, [64], Classes);
        TrainingLoop loop = Loop(network, options, store, stop.Token);
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
        using (Microsoft.ML.MixedPrecision.Step.TrainingPlan plan = Plan(
            Device, "mixed_float16", other, options.BatchSize, settings => settings with
            {
                Optimizer = options.OptimizerSettings, Seed = options.Seed,
            }))
        {
            plan.BeginEpoch(store, rows);
            for (int step = 0; step < 700; step++)
            {
                plan.Accumulate(options.BatchSize, options.BatchSize, first: true);
                plan.Commit(options.LearningRate);
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

    private ExampleStore Store(TrainingOptions options) => Examples.Clusters(Cpu, options.Precision.ComputeFormat, Rows, Features, Classes);

    private TrainingLoop Loop(Network network, TrainingOptions options, ExampleStore store, CancellationToken stop = default)
        => new(network, options, Device, store, null) { StopToken = stop, KeepsUnfinished = true };

    private (TrainingResult Result, float[] Weights) Run(
        TrainingOptions options, ExampleStore store, Action before, params IRunObserver[] observers)
    {
        Network network = Examples.Network(Features, [64], Classes);
        TrainingResult result = Loop(network, options, store).Run(before, observers);
        return (result, [.. network.Parameters.SelectMany(parameter => parameter.Values)]);
    }
}
