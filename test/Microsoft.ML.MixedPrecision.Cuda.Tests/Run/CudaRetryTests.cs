using Microsoft.ML.MixedPrecision.Cuda.Tests.Step;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Run;

/// <summary>
/// Steps that were skipped run again on a card as they do on the CPU. Of two classes under logits of 0 a row of weight w has a gradient of
/// w/2 ÷ rows of its step, so that one row of
/// 2¹⁶ overflows in its step until the scale has been halved a dozen times, and one of 2⁴⁰ under every scale.
/// </summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaRetryTests : CudaTrainingTest
{
    private const int Rows = 22;
    private const int Batch = 4;

    /// <summary>Weight of the heavy row × micro-batches of a step × normalization; 22 rows have a shorter last step.</summary>
    public static IEnumerable<object[]> Courses
        => from weight in new[] { 65536f, 1099511627776f }
           from accumulation in new[] { 1, 2 }
           from normalization in new[] { NormalizationKind.None, NormalizationKind.BatchNorm }
           select new object[] { weight, accumulation, normalization };

    /// <summary>The same attempts at the same rows under the same scales, and what is lost; the rate is too small for rounding to lead
    /// elsewhere.</summary>
    [TestMethod]
    [DynamicData(nameof(Courses))]
    public void Run_HeavyRow_TakesTheCpusAttempts(float weight, int accumulation, NormalizationKind normalization)
    {
        (TrainingResult expected, string[] saidOnCpu) = Run(Cpu, weight, accumulation, normalization);
        (TrainingResult actual, string[] said) = Run(Device, weight, accumulation, normalization);

        Assert.IsTrue(expected.History[0].Attempts.Any(attempt => attempt.RetryPass > 5), "the test needs passes");
        CollectionAssert.AreEqual(Course(expected), Course(actual));
        CollectionAssert.AreEqual(
            expected.History.Select(epoch => (epoch.Lost, epoch.LossScale)).ToArray(),
            actual.History.Select(epoch => (epoch.Lost, epoch.LossScale)).ToArray());
        Assert.AreEqual((expected.Steps, expected.Skipped), (actual.Steps, actual.Skipped));
        CollectionAssert.AreEqual(saidOnCpu, said);
    }

    /// <summary>A shorter order behind a longer one, resident or brought over batch by batch: the rows, and then the weights, of an epoch
    /// of these rows alone.</summary>
    [TestMethod]
    [DataRow(null)]
    [DataRow(0L)]
    public void BeginEpoch_ShorterOrder_RunsThoseRows(long? mostDataBytes)
    {
        int[] again = [5, 21, 2, 3, 8, 13];
        float[] Trained(bool asLists)
        {
            using RowStore store = Store(1);
            Network network = Examples.Network(1, [3], 2);
            using TrainingPlan plan = Plan(
                Device,
                "mixed_float16",
                network,
                Batch,
                settings => settings with { HasWeights = true, MostDataBytes = mostDataBytes });
            plan.Steps.Prepare(2);
            Train(plan, store, 1, Batch);
            if (asLists)
            {
                plan.Step(store, again.AsSpan(0, 4), 1e-3f);
                plan.Step(store, again.AsSpan(4), 1e-3f);
            }
            else
            {
                plan.Steps.BeginEpoch(store, again);
                plan.Steps.Take(new StepRequest(4) { LearningRate = 1e-3f });
                plan.Steps.Take(new StepRequest(2) { LearningRate = 1e-3f });
            }

            return Weights(plan, network);
        }

        CollectionAssert.AreEqual(Trained(asLists: true), Trained(asLists: false));
    }

    /// <summary>The loss scale that the host sets between epochs is the one of the next step.</summary>
    [TestMethod]
    public void SetScale_BetweenEpochs_ReachesTheCard()
    {
        using RowStore store = Store(1);
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 8).Resolve(PrecisionPolicy.MixedFloat16);
        using TrainingPlan plan = Plan(
            Device,
            "mixed_float16",
            Examples.Network(1, [3], 2),
            Batch,
            settings => settings with { HasWeights = true, LossScale = rule });
        plan.Steps.Prepare(2);
        Train(plan, store, 1, Batch);
        plan.Steps.Synchronize();

        plan.Records.SetScale(512);
        Train(plan, store, 1, Batch);

        CollectionAssert.AreEqual(
            new[] { 8f, 8, 8, 8, 8, 8, 512, 512, 512, 512, 512, 512 },
            Records(plan).Select(record => record.Scale).ToArray());
        Assert.AreEqual(512f, plan.Scale.Scale);
    }

    private static (long, int, int, int, int, float, bool)[] Course(TrainingResult result)
        => [.. result.History.SelectMany(epoch => epoch.Attempts).Select(step => (
            step.Attempt,
            step.Epoch,
            step.EpochStep,
            step.RetryPass,
            step.Rows,
            step.LossScale,
            step.Skipped))];

    private (TrainingResult Result, string[] Said) Run(Device device, float weight, int accumulation, NormalizationKind normalization)
    {
        var lines = new List<string>();
        using RowStore store = Store(weight);
        var network = new Network(new Perceptron(1, [3], ActivationKind.Tanh, 2, normalization).ToSpec());
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.MixedFloat16,
            BatchSize = Batch,
            GradientAccumulationSteps = accumulation,
            Epochs = 3,
            LearningRate = 1e-6f,
            Seed = 3,
        };
        return (LoopRuns.Of(network, options, device, store, null).Run(null, lines.Add, () => { }), [.. lines]);
    }

    private RowStore Store(float heavy)
    {
        var store = new RowStore(Cpu, NumericFormat.Float16, 1, hasWeights: true);
        for (int i = 0; i < Rows; i++)
        {
            store.Append([(i % 5) - 2], i % 2, i == 13 ? heavy : 1f);
        }

        return store;
    }
}
