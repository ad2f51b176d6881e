using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Losses;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Training of members, against TabM's formulas in double precision and their central differences.</summary>
[TestClass]
public sealed class MemberStepTests
{
    private const int Rows = 12;
    private const int Features = 5;
    private const int Outputs = 3;
    private const int Members = 4;
    private const float LearningRate = 0.1f;
    private const float Scale = 64;

    private static readonly OptimizerSettings Sgd = new(OptimizerKind.Sgd, 0, 0, 0, 0, 0, false);

    /// <summary>Kind × loss × residual × micro-batches.</summary>
    public static IEnumerable<object[]> Cases
        => from kind in Enum.GetValues<MemberKind>()
           from loss in new[] { "cross-entropy", "binary cross-entropy", "squared error" }
           from residual in new[] { false, true }
           from batch in new[] { Rows, 5 }
           select new object[] { kind, loss, residual, batch };

    /// <summary>Three steps of gradient descent: the loss is the mean over members of each one's own, of weighted rows, and every parameter
    /// goes against its gradient; against that of its member's whole loss where members are independent.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Step_OfMembers_DescendsTheMeanOfTheirLosses(MemberKind kind, string name, bool residual, int batch)
    {
        LossRow loss = LossTable.Row(name);
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, loss.Loss, Rows, Features, Outputs, weights: true);
        Network network = Create(kind, [7, 7], residual);
        LossScaleRule scale = LossScaling.Static(Scale).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(
            network,
            new PlanSettings(PrecisionPolicy.Float32, scale, Sgd, batch) { Loss = loss.Loss, HasWeights = true },
            device);
        var reference = new MemberReference(2, ActivationKind.Tanh, Members, residual);
        double rate = kind == MemberKind.Independent ? LearningRate * Members : LearningRate;
        for (int step = 0; step < 3; step++)
        {
            plan.Parameters.Store();
            reference.Take(network);
            double expected = Loss(reference, store, loss);
            Dictionary<string, double[]> descended = reference.Parameters.ToDictionary(
                pair => pair.Key,
                pair => pair.Value.Select((value, i) => value - (rate * Slope(reference, pair.Value, i, store, loss))).ToArray());

            plan.Step(store, Examples.Rows(Rows), LearningRate);
            plan.Parameters.Store();

            Assert.AreEqual(expected, plan.State.Loss, 1e-5, $"loss of step {step}");
            foreach (Parameter parameter in network.Parameters)
            {
                for (int i = 0; i < parameter.Values.Length; i++)
                {
                    Assert.AreEqual(descended[parameter.Name][i], parameter.Values[i], 2e-6, $"{parameter.Name}[{i}] of step {step}");
                }
            }
        }
    }

    /// <summary>What stands between two products is one pass over the rows: scale, bias, activation and the factors of the next.</summary>
    [TestMethod]
    public void Plan_OfTabM_HasOneOperationBetweenProducts()
    {
        var plan = new PlanBuilder(PrecisionPolicy.MixedBFloat16, training: true);
        var planned = new NetworkPlan(Create(MemberKind.TabM, [7, 7], residual: false), plan, new LossTerm(new CrossEntropyLoss(), false));

        CollectionAssert.AreEqual(
            new[]
            {
                typeof(MemberSpreadOp), typeof(LinearOp), typeof(MemberScaleOp), typeof(LinearOp), typeof(MemberScaleOp),
                typeof(MemberLinearOp), typeof(LossOp),
            },
            plan.Ops.Select(op => op.GetType()).ToArray());
        Assert.AreEqual("scale of members + bias + Tanh + scale", plan.Ops[2].Explain().Operation);
        Assert.AreEqual("scale of members + bias + Tanh", plan.Ops[4].Explain().Operation);
        Assert.AreEqual(NumericFormat.Float32, planned.Output.Format, "members' outputs are Float32, as a loss reads them");
        Assert.AreEqual(Members, planned.Output.Shape.Rows);
    }

    /// <summary>What validates is the ensemble: the loss of the mean, and whether its answers are right.</summary>
    [TestMethod]
    [DataRow(MemberKind.TabM)]
    [DataRow(MemberKind.Mini)]
    [DataRow(MemberKind.Independent)]
    public void Validation_OfMembers_MeasuresTheirMean(MemberKind kind)
    {
        var loss = new CrossEntropyLoss();
        using var device = new CpuDevice(2);
        using RowStore store = LossExamples.Of(device, NumericFormat.Float32, loss, Rows, Features, Outputs);
        Network network = Create(kind, [7], residual: false);
        var reference = new MemberReference(1, ActivationKind.Tanh, Members);
        reference.Take(network);
        double expected = 0;
        int right = 0;
        for (int row = 0; row < Rows; row++)
        {
            double[] o = reference.Output(MemberMeanKind.LogMeanSoftmax, FeaturesOf(store, row));
            expected -= store.Weight(row) * o[store.Targets(row)[0]] / Rows;
            right += Array.IndexOf(o, o.Max()) == store.Targets(row)[0] ? 1 : 0;
        }

        ValidationFigures figures = new Validation(store, Examples.Rows(Rows), device, loss).Run(network);

        Assert.AreEqual(expected, figures.Loss, 1e-6);
        Assert.AreEqual((double)right / Rows, figures.Accuracy);
    }

    /// <summary>Shared weights and biases within ±1/√inputs, equal biases of members, signs for the features, 1 for other factors, and
    /// heads that differ.</summary>
    [TestMethod]
    public void Initialize_OfTabM_IsThatOfThePaper()
    {
        Network network = Create(MemberKind.TabM, [64, 64], residual: false);
        Dictionary<string, float[]> values = network.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Values);
        float first = 1 / MathF.Sqrt(Features), later = 1 / MathF.Sqrt(64);

        CollectionAssert.AreEquivalent(new[] { -1f, 1f }, values["members.weight"].Distinct().ToArray());
        CollectionAssert.AreEqual(new[] { 1f }, values["hidden.1.input.weight"].Distinct().ToArray());
        CollectionAssert.AreEqual(new[] { 1f }, values["hidden.0.members.weight"].Distinct().ToArray());
        foreach ((string name, float limit) in new[]
        {
            ("hidden.0.weight", first), ("hidden.0.members.bias", first), ("hidden.1.weight", later), ("hidden.1.members.bias", later),
            ("output.weight", later), ("output.bias", later),
        })
        {
            float largest = values[name].Max(MathF.Abs);
            Assert.IsTrue(largest <= limit && largest > 0.7f * limit, $"{name}: {largest} of {limit}");
        }

        Assert.HasCount(1, values["hidden.0.members.bias"].Chunk(64).Select(member => string.Join(' ', member)).Distinct().ToArray());
        Assert.HasCount(Members, values["output.bias"].Chunk(Outputs).Select(member => string.Join(' ', member)).Distinct().ToArray());
    }

    private static Network Create(MemberKind kind, int[] hidden, bool residual)
    {
        var network = new Network(new Perceptron(
            Features,
            hidden,
            ActivationKind.Tanh,
            Outputs,
            Residual: residual,
            Members: Members,
            MemberKind: kind,
            Average: MemberMeanKind.LogMeanSoftmax).ToSpec());
        network.Initialize(3);
        return network;
    }

    private static double Loss(MemberReference network, RowStore store, LossRow loss)
    {
        double sum = 0;
        for (int row = 0; row < Rows; row++)
        {
            double[] targets = [.. store.Targets(row).ToArray().Select(word => loss.Loss.TargetKind == TargetKind.Class
                ? word
                : BitConverter.Int32BitsToSingle(word))];
            sum += store.Weight(row) * network.Members(FeaturesOf(store, row)).Average(member => loss.RowLoss(member, targets)) / Rows;
        }

        return sum;
    }

    private static double Slope(MemberReference network, double[] values, int i, RowStore store, LossRow loss)
    {
        const double Step = 1e-6;
        double kept = values[i];
        values[i] = kept + Step;
        double above = Loss(network, store, loss);
        values[i] = kept - Step;
        double below = Loss(network, store, loss);
        values[i] = kept;
        return (above - below) / (2 * Step);
    }

    private static double[] FeaturesOf(RowStore store, int row)
        => Array.ConvertAll(store.Features32(row).ToArray(), value => (double)value);
}
