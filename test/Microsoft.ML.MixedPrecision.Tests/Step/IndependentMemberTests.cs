using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Members that share nothing are as many plain networks: bit by bit those, trained one after the other.</summary>
[TestClass]
public sealed class IndependentMemberTests
{
    private const int Rows = 70;
    private const int Features = 11;
    private const int Outputs = 3;

    /// <summary>No power of two, so that a mean's division would show.</summary>
    private const int Members = 3;

    private static readonly OptimizerSettings Momentum = new(OptimizerKind.Sgd, 1e-2f, 0, 0, 0, 0.9f, true);

    /// <summary>Policy × widths × loss × optimizer × micro-batches. Widths of kernels of their own, and of products at once.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in new[] { "float32", "tensorfloat32" }
           from width in new[] { 7, 40 }
           from loss in new[] { "cross-entropy", "squared error" }
           from adam in new[] { true, false }
           from microBatches in new[] { 1, 2 }
           select new object[] { policy, width, loss, adam, microBatches };

    /// <summary>Each member has the bits of a plain network that starts with its weights and sees the same batches, after each of four
    /// steps; the loss is their mean.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Steps_OfEachMember_HaveTheBitsOfAPlainNetwork(string policy, int width, string name, bool adam, int microBatches)
    {
        Loss loss = LossTable.Row(name).Loss;
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, loss, Rows, Features, Outputs, weights: true);
        Network ensemble = Create(width, Members);
        Network[] alone = [.. Enumerable.Range(0, Members).Select(member => Plain(ensemble, width, member))];
        LossScaleRule scale = LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16);
        var settings = new PlanSettings(PrecisionPolicy.Parse(policy), scale, adam ? Examples.AdamW : Momentum, Rows / microBatches)
        {
            Loss = loss,
            HasWeights = true,
        };
        using var plan = new TrainingPlan(ensemble, settings, device);
        TrainingPlan[] plans = [.. alone.Select(network => new TrainingPlan(network, settings, device))];
        for (int step = 0; step < 4; step++)
        {
            plan.Step(store, Examples.Rows(Rows), 0.05f);
            plan.Parameters.Store();
            foreach (TrainingPlan one in plans)
            {
                one.Step(store, Examples.Rows(Rows), 0.05f);
                one.Parameters.Store();
            }

            Assert.AreEqual(plans.Average(one => one.State.Loss), plan.State.Loss, 1e-6, $"loss of step {step}");
            AssertSame(ensemble, alone, $"step {step}");
        }

        Array.ForEach(plans, one => one.Dispose());
    }

    /// <summary>Every member starts as a plain network does, from numbers of its own: He's normal ones before ReLU, Glorot's uniform ones
    /// before tanh and scores, whose limit depends on one member's outputs, and biases of 0.</summary>
    [TestMethod]
    [DataRow(ActivationKind.Relu)]
    [DataRow(ActivationKind.Tanh)]
    public void Initialize_OfEachMember_IsThatOfAPlainNetwork(ActivationKind activation)
    {
        const int Width = 200;
        Network network = Create(Width, Members, activation);
        foreach (Parameter weight in network.Parameters.Where(parameter => parameter.Decays))
        {
            float[][] members = [.. weight.Values.Chunk(weight.Values.Length / Members)];
            int outputs = weight.Rows / Members;
            bool isNormal = activation == ActivationKind.Relu && weight.Name != "output.weight";
            double limit = Math.Sqrt(6.0 / (weight.Columns + outputs));
            double expected = isNormal ? Math.Sqrt(2.0 / weight.Columns) : limit / Math.Sqrt(3);
            foreach (float[] member in members)
            {
                double deviation = Math.Sqrt(member.Average(value => (double)value * value));
                Assert.AreEqual(expected, deviation, 0.1 * expected, weight.Name);
                Assert.IsTrue(isNormal || member.All(value => Math.Abs(value) <= limit), weight.Name);
            }

            Assert.HasCount(Members, members.Select(member => string.Join(' ', member)).Distinct().ToArray());
        }

        Assert.IsTrue(network.Parameters.Where(parameter => !parameter.Decays).All(bias => bias.Values.All(value => value == 0)));
    }

    /// <summary>A hidden layer is one operation with its activation, and spreading has no parameters.</summary>
    [TestMethod]
    public void Plan_OfIndependentMembers_IsThatOfAPlainNetwork()
    {
        var plan = new PlanBuilder(PrecisionPolicy.MixedBFloat16, training: true);
        _ = new NetworkPlan(Create(40, Members), plan, new LossTerm(new CrossEntropyLoss(), false));

        CollectionAssert.AreEqual(
            new[] { "members of examples", "linear of members + bias + Tanh", "linear of members + bias + Tanh" },
            plan.Ops.Take(3).Select(op => op.Explain().Operation).ToArray());
        Assert.IsEmpty(plan.Ops[0].Parameters);
        Assert.AreEqual("3 × (40 → 40)", plan.Ops[2].Explain().Shape);
    }

    private static Network Create(int width, int members, ActivationKind activation = ActivationKind.Tanh)
    {
        var network = new Network(new Perceptron(
            Features,
            [width, width],
            activation,
            Outputs,
            Residual: width == 7,
            Members: members,
            MemberKind: MemberKind.Independent,
            Average: MemberMeanKind.LogMeanSoftmax).ToSpec());
        network.Initialize(3);
        return network;
    }

    private static Network Plain(Network ensemble, int width, int member)
    {
        Network network = Create(width, 1);
        foreach ((Parameter to, Parameter from) in network.Parameters.Zip(ensemble.Parameters))
        {
            Part(from, member).CopyTo(to.Values, 0);
        }

        return network;
    }

    private static void AssertSame(Network ensemble, Network[] alone, string when)
    {
        for (int member = 0; member < Members; member++)
        {
            foreach ((Parameter of, Parameter one) in ensemble.Parameters.Zip(alone[member].Parameters))
            {
                CollectionAssert.AreEqual(Bits(one.Values), Bits(Part(of, member)), $"{of.Name} of member {member}, {when}");
            }
        }
    }

    private static float[] Part(Parameter of, int member)
        => of.Values[(of.Values.Length / Members * member)..(of.Values.Length / Members * (member + 1))];

    private static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
}
