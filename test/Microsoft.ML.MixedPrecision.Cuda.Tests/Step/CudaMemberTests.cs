using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Steps of networks with members on a card against the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaMemberTests : CudaTrainingTest
{
    private const int Rows = 200;
    private const int Batch = 64;
    private const int Features = 13;

    /// <summary>Policy × kind × loss × micro-batches of a step.</summary>
    public static IEnumerable<object[]> Networks
        => from policy in Policies
           from kind in Enum.GetValues<MemberKind>()
           from classes in new[] { true, false }
           from microBatches in new[] { 1, 2 }
           select new object[] { policy, kind, classes, microBatches };

    /// <summary>Policy × kind.</summary>
    public static IEnumerable<object[]> Kinds
        => from policy in Policies
           from kind in Enum.GetValues<MemberKind>()
           select new object[] { policy, kind };

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void Steps_OfMembers_FollowTheCpusCourse(string policy, MemberKind kind, bool classes, int microBatches)
        => AssertSameCourse(
            Course(Cpu, policy, kind, classes, microBatches),
            Course(Device, policy, kind, classes, microBatches),
            policy);

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Steps_OfMembersTwice_GiveTheSameBits(string policy, MemberKind kind)
    {
        float[] Trained()
        {
            Network network = Create(kind);
            using RowStore store = Store(network, policy, new CrossEntropyLoss());
            using TrainingPlan plan = Plan(Device, policy, network, Batch, settings => settings with { HasWeights = true });
            Train(plan, store, 3, Batch);
            return Weights(plan, network);
        }

        CollectionAssert.AreEqual(Trained(), Trained());
    }

    /// <summary>The mean of members, by the forward pass that scores.</summary>
    [TestMethod]
    [DataRow(MemberKind.TabM)]
    [DataRow(MemberKind.Mini)]
    [DataRow(MemberKind.Independent)]
    public void Validation_OfMembers_AgreesWithTheCpu(MemberKind kind)
    {
        Network network = Create(kind);
        using RowStore store = Store(network, "float32", new CrossEntropyLoss());
        ValidationFigures Run(Device device) => new Validation(store, Examples.Rows(Rows), device, new CrossEntropyLoss()).Run(network);

        ValidationFigures expected = Run(Cpu), actual = Run(Device);

        Assert.AreEqual(expected.Loss, actual.Loss, 1e-5);
        Assert.AreEqual(expected.Accuracy!.Value, actual.Accuracy!.Value, 1.5 / Rows);
    }

    private List<StepRecord> Course(Device device, string policy, MemberKind kind, bool classes, int microBatches)
    {
        Loss loss = classes ? new CrossEntropyLoss(0.1f) : new SquaredErrorLoss();
        Network network = Create(kind);
        using RowStore store = Store(network, policy, loss);
        using TrainingPlan plan = Plan(
            device,
            policy,
            network,
            Batch / microBatches,
            settings => settings with { Seed = 9, Loss = loss, HasWeights = true });
        Train(plan, store, 2, Batch / microBatches, microBatches);
        return Records(plan);
    }

    private RowStore Store(Network network, string policy, Loss loss)
        => LossExamples.Of(Cpu, network.FeatureFormat(PrecisionPolicy.Parse(policy)), loss, Rows, Features, 5, weights: true);

    /// <summary>Widths that are whole vectors and not, a residual block, and dropout; of independent members wide ones too, whose products
    /// are computed at once.</summary>
    private static Network Create(MemberKind kind)
    {
        var network = new Network(new Perceptron(
            Features,
            kind == MemberKind.Independent ? [40, 36, 36, 21] : [40, 21, 21],
            ActivationKind.Silu,
            5,
            Residual: true,
            Dropout: 0.1f,
            Members: 6,
            MemberKind: kind,
            Average: MemberMeanKind.LogMeanSoftmax).ToSpec());
        network.Initialize(1);
        return network;
    }
}
