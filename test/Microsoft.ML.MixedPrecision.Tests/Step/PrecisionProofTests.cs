using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>The precision path is real: each technique is switched off once, and then training fails.</summary>
[TestClass]
public sealed class PrecisionProofTests
{
    private const int Rows = 1024;
    private const int Classes = 4;
    private const float TinyWeight = 1f / 65536;

    /// <summary>
    /// The loss is scaled down by 2^-16 through the example weights: an element of its gradient is under 2^-16 ÷ 1024 rows = 2^-26, which
    /// Float16
    /// rounds to 0. SGD does not normalise the gradient's size away, so the learning rate carries the 2^16 back.
    /// </summary>
    [TestMethod]
    public void Fit_TinyLossInFloat16_NeedsLossScaling()
    {
        (double before, double float32) = TrainTiny(PrecisionPolicy.Float32, LossScaling.None);
        (_, double unscaled) = TrainTiny(PrecisionPolicy.MixedFloat16, LossScaling.Static(1));
        (_, double dynamic) = TrainTiny(PrecisionPolicy.MixedFloat16, LossScaling.Dynamic());

        Assert.IsLessThan(0.8, before, "the start is worse");
        Assert.IsGreaterThan(0.97, float32, "Float32 learns");
        Assert.AreEqual(before, unscaled, "Float16 without scaling learns nothing at all");
        Assert.AreEqual(float32, dynamic, 0.02, "Float16 with dynamic scaling learns what Float32 learns");
    }

    [TestMethod]
    public void Fit_MeasuredScale_LearnsFromTinyLoss()
        => Assert.AreEqual(
            TrainTiny(PrecisionPolicy.Float32, LossScaling.None).After,
            TrainTiny(PrecisionPolicy.MixedFloat16, LossScaling.Measured()).After,
            0.02);

    /// <summary>Updates far under half a unit of a BF16 weight: without masters the weights stay where they are.</summary>
    [TestMethod]
    public void Fit_SmallUpdatesWithoutMasters_Stall()
    {
        // AdamW moves every weight by about the learning rate, 1e-5; half a BF16 unit of a weight of 0.1 is 2.4e-4.
        (double start, double plain, double lost) = TrainSmallUpdates(WeightUpdate.Plain);
        (_, double masters, _) = TrainSmallUpdates(WeightUpdate.Master);

        Assert.IsLessThan(0.97 * start, masters, "with masters the loss falls");
        Assert.IsLessThan(0.3 * (start - masters), start - plain, "without masters most of the progress is lost");
        Assert.IsGreaterThan(0.7, lost, "and the plan has counted it");
    }

    [TestMethod]
    public void Commit_Plain_CountsUpdatesThatAreLost()
    {
        // x = 0 and equal logits: the weights' gradient is 0 and the biases' is ±½. Half a BF16 unit of a bias of 1 is 2^-9 below it and
        // 2^-8
        // above, so an update of 2^-11 is lost twice a step; an update of 0 is not lost.
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.BFloat16, 1, hasWeights: false);
        store.Append([0f], 0, 1f);
        var network = new Network(new Perceptron(1, [], ActivationKind.None, 2).ToSpec());
        network.Parameters[1].Values.AsSpan().Fill(1f);
        PrecisionPolicy policy = PrecisionPolicy.MixedBFloat16.WithWeightUpdate(WeightUpdate.Plain);
        var sgd = new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0, false);
        using var plan = new TrainingPlan(network, new PlanSettings(policy, LossScaling.Auto.Resolve(policy), sgd, 1), device);
        for (int step = 0; step < 3; step++)
        {
            plan.Step(store, [0], 1f / 1024);
        }

        Assert.AreEqual(6, plan.State.LostUpdates);
        Assert.AreEqual(12, plan.State.Updates);
    }

    private static (double Before, double After) TrainTiny(PrecisionPolicy policy, LossScaling scaling)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 8, Classes, weight: TinyWeight);
        Network network = Examples.Network(8, [16], Classes);
        var options = new TrainingOptions
        {
            Precision = policy,
            LossScaling = scaling,
            Optimizer = OptimizerKind.Sgd,
            WeightDecay = 0,
            LearningRate = 0.5f / TinyWeight,
            BatchSize = Rows,
            Epochs = 60,
        };
        var validation = new Validation(store, Examples.Rows(Rows), device, new CrossEntropyLoss());
        double before = validation.Run(network).Accuracy!.Value;
        LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
        return (before, validation.Run(network).Accuracy!.Value);
    }

    private static (double Start, double End, double Lost) TrainSmallUpdates(WeightUpdate update)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.BFloat16, Rows, 8, Classes);
        Network network = Examples.Network(8, [16], Classes);
        var validation = new Validation(store, Examples.Rows(Rows), device, new CrossEntropyLoss());
        PrecisionPolicy policy = PrecisionPolicy.MixedBFloat16.WithWeightUpdate(update);
        OptimizerSettings adam = Examples.AdamW with { WeightDecay = 0 };
        double start = validation.Run(network).Loss;
        using var plan = new TrainingPlan(network, new PlanSettings(policy, LossScaling.Auto.Resolve(policy), adam, Rows), device);
        for (int step = 0; step < 2000; step++)
        {
            plan.Step(store, Examples.Rows(Rows), 1e-5f);
        }

        plan.Parameters.Store();
        return (start, validation.Run(network).Loss, (double)plan.State.LostUpdates / Math.Max(1, plan.State.Updates));
    }
}
