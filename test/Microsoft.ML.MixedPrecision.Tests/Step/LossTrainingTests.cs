using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Training with every loss of the table.</summary>
[TestClass]
public sealed class LossTrainingTests
{
    private const int Rows = 256;
    private const int Features = 5;

    /// <summary>Policy × loss × outputs.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in new[] { "float32", "mixed_float16", "mixed_bfloat16" }
           from row in LossTable.Rows
           from outputs in row.Loss.TargetKind == TargetKind.Class ? [3] : new[] { 1, 3 }
           select new object[] { policy, row.Name, outputs };

    public static IEnumerable<object[]> LossNames => LossTable.Names;

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_EveryLoss_MakesItSmall(string policyName, string name, int outputs)
    {
        Loss loss = LossTable.Row(name).Loss;
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using var device = new CpuDevice(2);
        using RowStore train = LossExamples.Of(device, policy.ComputeFormat, loss, Rows, Features, outputs);
        using RowStore exact = LossExamples.Of(device, NumericFormat.Float32, loss, Rows, Features, outputs);
        Network network = Examples.Network(Features, [16], outputs, ActivationKind.Tanh);
        var validation = new Validation(exact, Examples.Rows(Rows), device, loss.ForValidation);
        double before = validation.Run(network).Loss;
        var options = new TrainingOptions { Precision = policy, Loss = loss, Epochs = 30, BatchSize = 32, LearningRate = 0.02f };
        TrainingResult result = LoopRuns.Of(
            network,
            options,
            device,
            train,
            null,
            Examples.HoldingBack(0.25f, Rows)).Run(null, _ => { }, () => { });

        (double after, double? accuracy) = validation.Run(network);
        Assert.IsLessThan(0.25 * before, after);
        Assert.IsTrue(result.History[^1].Loss < result.History[0].Loss, $"from {result.History[0].Loss} to {result.History[^1].Loss}");
        Assert.AreEqual(loss.CountsCorrect, result.History[^1].ValidationAccuracy.HasValue);
        Assert.IsTrue(accuracy is null or (> 0.93 and <= 1), $"{accuracy}");
        Assert.AreEqual(policyName == "mixed_float16", result.FinalLossScale > 1);
    }

    /// <summary>1e30² is beyond Float32; of 1e6 only the scaled gradient is beyond Float16.</summary>
    [TestMethod]
    [DataRow(1e30f, true)]
    [DataRow(1e6f, false)]
    public void Commit_TargetThatOverflows_BacksOffAndKeepsTheWeights(float target, bool lossOverflows)
    {
        using var device = new CpuDevice(1);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float16, new SquaredErrorLoss(), Rows, Features, 3);
        store.Append(new float[Features], [0f, target, 0f], 1f);
        Network network = Examples.Network(Features, [16], 3);
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 65536).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(
            network,
            new PlanSettings(PrecisionPolicy.MixedFloat16, rule, Examples.AdamW, 32) { Loss = new SquaredErrorLoss() },
            device);
        var before = new PlanSnapshot(plan);
        plan.Step(store, [0, 1, Rows], 0.01f);

        Assert.AreEqual(lossOverflows, plan.State.FirstNonFinite == NonFinite.Loss, $"{plan.State.FirstNonFinite}");
        Assert.AreNotEqual(NonFinite.None, plan.State.FirstNonFinite);
        Assert.AreEqual(1, plan.State.Skips);
        Assert.AreEqual(32768f, plan.Scale.Scale);
        Assert.IsTrue(before.SameAs(new PlanSnapshot(plan)));

        plan.Step(store, Examples.Rows(32), 0.01f);
        plan.Parameters.Store();
        Assert.AreEqual(1, plan.State.Step);
        Assert.IsFalse(before.SameAs(new PlanSnapshot(plan)));
        Assert.IsTrue(network.Parameters.SelectMany(parameter => parameter.Values).All(float.IsFinite));
    }

    [TestMethod]
    public void Commit_NaNTarget_IsSkippedAsLoss()
    {
        using var device = new CpuDevice(1);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, new HuberLoss(1), 4, Features, 2);
        store.Append(new float[Features], [0f, float.NaN], 1f);
        using var plan = new TrainingPlan(
            Examples.Network(Features, [4], 2),
            new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, 5) { Loss = new HuberLoss(1) },
            device);
        var before = new PlanSnapshot(plan);
        plan.Step(store, Examples.Rows(5), 0.01f);

        Assert.AreEqual(NonFinite.Loss, plan.State.FirstNonFinite);
        Assert.IsTrue(before.SameAs(new PlanSnapshot(plan)));
    }

    [TestMethod]
    public void Stage_RowsWithOtherTargets_SaysHowManyAreWanted()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 10, Features, 3);
        using var plan = new TrainingPlan(
            Examples.Network(Features, [4], 3),
            new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, 5) { Loss = new SquaredErrorLoss() },
            device);

        var error = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.Stage(store));

        StringAssert.Contains(error.Message, "The store has 1 target words a row; the loss, squared error of 3 outputs, takes 3.");
    }

    [TestMethod]
    [DynamicData(nameof(LossNames))]
    public void MicroBatches_OfOneStep_AddUpToTheStepOfAllRows(string name)
    {
        Loss loss = LossTable.Row(name).Loss;
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, loss, 60, Features, 3, weights: true);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, 60) { Loss = loss, HasWeights = true };
        using TrainingPlan whole = new(Examples.Network(Features, [8], 3), settings, device), parts = new(
            Examples.Network(Features, [8], 3),
            settings with { BatchRows = 20 },
            device);
        whole.Step(store, Examples.Rows(60), 0.01f);
        parts.Step(store, Examples.Rows(60), 0.01f);

        Tolerance.AssertClose(whole.State.Loss, parts.State.Loss, 0, 1e-6, "loss");
        Tolerance.AssertClose(whole.State.Norm, parts.State.Norm, 0, 1e-5, "norm");
    }

    [TestMethod]
    [DynamicData(nameof(LossNames))]
    public void Explain_EveryLoss_IsNamed(string name)
    {
        Loss loss = LossTable.Row(name).Loss;
        using var device = new CpuDevice(1);
        using var plan = new TrainingPlan(
            Examples.Network(Features, [4], 3),
            new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, 5) { Loss = loss },
            device);

        StringAssert.Contains(plan.Explain(), loss.Name);
    }
}
