using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Whole steps and validation on a card with every loss of the table, against the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaLossStepTests : CudaTrainingTest
{
    private const int Rows = 200;
    private const int Batch = 64;
    private const int Features = 13;
    private const int Outputs = 3;

    /// <summary>Policy × loss.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in Policies from row in LossTable.Rows select new object[] { policy, row.Name };

    public static IEnumerable<object[]> Names => LossTable.Names;

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Steps_BothEngines_FollowTheSameCourse(string policy, string loss)
    {
        List<StepRecord> expected = Course(Cpu, policy, loss), actual = Course(Device, policy, loss);

        Assert.HasCount(expected.Count, actual);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.AreEqual(
                (expected[i].Step, expected[i].Rows, expected[i].FirstNonFinite),
                (actual[i].Step, actual[i].Rows, actual[i].FirstNonFinite));

            // The first step differs by rounding alone; later ones by what rounding has made of the weights.
            double tolerance = (policy == "float32" ? 2e-6 : policy == "mixed_bfloat16" ? 1e-2 : 2e-3) * (1 + i);
            Tolerance.AssertClose(expected[i].Loss, actual[i].Loss, tolerance, tolerance, $"loss of step {i}");
            Tolerance.AssertClose(expected[i].Norm, actual[i].Norm, 4 * tolerance, 4 * tolerance, $"norm of step {i}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Streamed_RowsThatDoNotFit_GiveTheBitsOfResidentOnes(string loss)
    {
        float[] resident = Trained(loss), streamed = Trained(loss, settings => settings with { MostDataBytes = 0 });

        CollectionAssert.AreEqual(resident, streamed);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void MicroBatches_OfOneStep_GiveTheStepOfAllRows(string loss)
    {
        using RowStore store = Store("float32", loss);
        using TrainingPlan one = Plan(
            Device,
            "float32",
            Network(),
            192,
            settings => settings with { HasWeights = true, Loss = Loss(loss) }), three = Plan(
                Device, "float32", Network(), 64, settings => settings with { HasWeights = true, Loss = Loss(loss) });
        Train(one, store, 1, 192);
        Train(three, store, 1, 64, microBatches: 3);

        StepRecord expected = Records(one)[0], actual = Records(three)[0];
        Assert.AreEqual(expected.Rows, actual.Rows);
        Tolerance.AssertClose(expected.Loss, actual.Loss, 0, 1e-6, "loss");
        Tolerance.AssertClose(expected.Norm, actual.Norm, 0, 1e-5, "norm");
    }

    [TestMethod]
    [DataRow(1e30f, NonFinite.Loss)]
    [DataRow(float.NaN, NonFinite.Loss)]
    public void Skip_TargetThatOverflows_BacksOffAndKeepsTheWeights(float target, int found)
    {
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 65536).Resolve(PrecisionPolicy.MixedFloat16);
        using RowStore store = Store("mixed_float16", "squared error");
        store.Append(new float[Features], [0f, target, 0f], 1f);
        Network network = Network();
        using TrainingPlan plan = Plan(
            Device,
            "mixed_float16",
            network,
            Batch,
            settings => settings with { HasWeights = true, LossScale = rule, Loss = new SquaredErrorLoss() });
        float[] before = Weights(plan, network);
        plan.Step(store, [0, 1, Rows], 0.01f);

        CollectionAssert.AreEqual(before, Weights(plan, network));
        Assert.AreEqual(found, Records(plan)[0].FirstNonFinite);
        Assert.AreEqual(32768f, plan.Scale.Scale);
    }

    [TestMethod]
    public void Stage_RowsWithOtherTargets_SaysHowManyAreWanted()
    {
        using RowStore store = Examples.Clusters(Cpu, NumericFormat.Float32, 10, Features, Outputs);
        using TrainingPlan plan = Plan(Device, "float32", Network(), Batch, settings => settings with { Loss = new SquaredErrorLoss() });

        var error = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.Stage(store));

        StringAssert.Contains(error.Message, "The store has 1 target words a row; the loss, squared error of 3 outputs, takes 3.");
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Validation_OnTheCard_MeasuresAsTheCpu(string loss)
    {
        foreach (bool weights in new[] { false, true })
        {
            using RowStore store = LossExamples.Of(Cpu, NumericFormat.Float32, Loss(loss), 1500, Features, Outputs, weights);
            ValidationFigures expected = Measure(Cpu), actual = Measure(Device);

            Tolerance.AssertClose(expected.Loss, actual.Loss, 1e-7, 1e-5, "loss");
            Assert.AreEqual(Loss(loss).CountsCorrect, actual.Accuracy.HasValue);

            // An output near 0 may fall on either side.
            Assert.AreEqual(expected.Accuracy ?? 0, actual.Accuracy ?? 0, 0.002);

            ValidationFigures Measure(Device device) => new Validation(store, Examples.Rows(1500), device, Loss(loss)).Run(Network());
        }
    }

    private static Loss Loss(string name) => LossTable.Row(name).Loss;

    private static Network Network() => Examples.Network(Features, [40, 24], Outputs, ActivationKind.Tanh);

    private RowStore Store(string policy, string loss)
        => LossExamples.Of(Cpu, PrecisionPolicy.Parse(policy).ComputeFormat, Loss(loss), Rows, Features, Outputs, weights: true);

    private List<StepRecord> Course(Device device, string policy, string loss)
    {
        using RowStore store = Store(policy, loss);
        using TrainingPlan plan = Plan(
            device,
            policy,
            Network(),
            Batch,
            settings => settings with { HasWeights = true, Loss = Loss(loss) });
        Train(plan, store, 2, Batch);
        return Records(plan);
    }

    private float[] Trained(string loss, Func<PlanSettings, PlanSettings>? change = null)
    {
        using RowStore store = Store("mixed_bfloat16", loss);
        Network network = Network();
        using TrainingPlan plan = Plan(
            Device,
            "mixed_bfloat16",
            network,
            Batch,
            settings => (change ?? (same => same))(settings with { HasWeights = true, Loss = Loss(loss) }));
        Train(plan, store, 5, Batch);
        return Weights(plan, network);
    }
}
