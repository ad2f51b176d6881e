using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Ops;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Buffers that share bytes give the same bits as buffers of their own: no lifetime is too short.</summary>
/// <remarks>All layers have the same width, so that any two buffers fit into each other's place.</remarks>
[TestClass]
public sealed unsafe class ValueLayoutTests
{
    private const int Rows = 32;
    private const int Width = 16;

    /// <summary>Policy × activation × normalization × whether there are shortcuts and dropouts.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in new[]
           {
               "float32",
               "mixed_float16",
               "mixed_float16; Activation=Float32",
               "mixed_bfloat16; layer hidden.1=Float32",
               "mixed_float16; Normalization=Float32",
           }
           from activation in Enum.GetValues<ActivationKind>()
           from normalization in Enum.GetValues<NormalizationKind>()
           from residual in new[] { false, true }
           select new object[] { policy, activation, normalization, residual };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Layout_Training_GivesTheBitsOfSeparateBuffers(
        string policyName,
        ActivationKind activation,
        NormalizationKind normalization,
        bool residual)
    {
        using var device = new CpuDevice(1);
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policyName), training: true);
        Network network = Examples.Network(
            Width,
            [Width, Width, Width],
            Width,
            activation,
            normalization: normalization,
            residual: residual,
            dropout: residual ? 0.25f : 0f);
        var planned = new NetworkPlan(network, plan, new LossTerm(new CrossEntropyLoss(), HasWeights: false));
        (Value input, Value logits) = (planned.Features, planned.Output);
        var layout = new ValueLayout(plan, input, logits, Rows);
        using var memory = new ValueMemory(device, layout);
        using ParameterArenas shared = Arenas(device, plan);
        using ParameterArenas separate = Arenas(device, plan);
        using var step = new StepMemory(device, LossScaleRule.Static(64), 1);
        step.Phase.Commit.Positions = Rows;
        using var states = new StateArenas(device, plan.States);
        var sharedContext = new PlanContext(device, memory, shared)
        {
            PositionAddress = step.Addresses.Position,
            LossPlaces = step.Addresses.Losses,
            States = states,
        };
        sharedContext.SetBatch(Rows);
        using var separateContext = new SeparateContext(device, separate, states, Rows) { LossPlaces = step.Addresses.Losses };

        Step(sharedContext, plan, input);
        Step(separateContext, plan, input);

        foreach (ParameterSlot slot in shared.Slots)
        {
            var expected = new ReadOnlySpan<float>(separate.Gradient(slot), (int)slot.Elements);

            // A bias before a batch norm gets none.
            bool isIdle = normalization == NormalizationKind.BatchNorm
                && (slot.Parameter.Name is "hidden.0.bias" or "hidden.1.bias" or "hidden.2.bias");
            Assert.AreNotEqual(isIdle, expected.ContainsAnyExcept(0f), $"the test needs gradients: {slot.Parameter.Name}");
            Assert.IsTrue(expected.SequenceEqual(new ReadOnlySpan<float>(shared.Gradient(slot), (int)slot.Elements)), slot.Parameter.Name);
        }
    }

    /// <summary>Shared values and parameters, frozen ones too: row of the table × policy × frozen parameter.</summary>
    public static IEnumerable<object[]> SharedCases
        => from row in SharingTable.Rows
           from policy in new[] { "float32", "mixed_float16", "mixed_float16; Activation=Float32" }
           from frozen in Enumerable.Range(-1, row.Parameters.Length + 1)
           where frozen < 0 || row.Parameters.Length > 4
           select new object[] { row.Name, policy, frozen };

    [TestMethod]
    [DynamicData(nameof(SharedCases))]
    public void Layout_SharedValues_GiveTheBitsOfSeparateBuffers(string name, string policyName, int frozen)
    {
        using var device = new CpuDevice(1);
        OperationRow row = SharingTable.Rows.Single(candidate => candidate.Name == name);
        Parameter[] parameters = [.. row.Parameters.Select((shape, i) => new Parameter($"p{i}", shape.Rows, shape.Columns, decays: true))];
        var random = new Random(1);
        foreach (Parameter parameter in parameters)
        {
            foreach (ref float value in parameter.Values.AsSpan())
            {
                value = random.NextSingle() - 0.5f;
            }
        }

        var plan = new PlanBuilder(PrecisionPolicy.Parse(policyName), training: true)
        {
            Frozen = frozen < 0 ? new HashSet<Parameter>() : [parameters[frozen]],
        };
        Value input = row.Ids is null
            ? PlanBuilder.Input("x", row.Inputs, plan.Policy.ComputeFormat.Storage())
            : PlanBuilder.Input("x", Shape.Vector(row.Inputs), ElementKind.Int32);
        Value output = row.Build(plan, input, parameters);
        new LossTerm(new CrossEntropyLoss(), HasWeights: false).AddTo(plan, output);
        Value logits = plan.Finish(output);
        using var memory = new ValueMemory(device, new ValueLayout(plan, input, logits, Rows));
        using ParameterArenas shared = Arenas(device, plan);
        using ParameterArenas separate = Arenas(device, plan);
        using var step = new StepMemory(device, LossScaleRule.Static(64), 1);
        step.Phase.Commit.Positions = Rows;
        using var states = new StateArenas(device, plan.States);
        var sharedContext = new PlanContext(device, memory, shared)
        {
            PositionAddress = step.Addresses.Position,
            LossPlaces = step.Addresses.Losses,
            States = states,
        };
        sharedContext.SetBatch(Rows);
        using var separateContext = new SeparateContext(device, separate, states, Rows) { LossPlaces = step.Addresses.Losses };

        Step(sharedContext, plan, input);
        Step(separateContext, plan, input);

        Assert.IsTrue(
            separate.Trained.Any(slot => new ReadOnlySpan<float>(separate.Gradient(slot), (int)slot.Elements).ContainsAnyExcept(0f)),
            "the test needs gradients");
        foreach (ParameterSlot slot in shared.Trained)
        {
            var expected = new ReadOnlySpan<float>(separate.Gradient(slot), (int)slot.Elements);
            Assert.IsTrue(expected.SequenceEqual(new ReadOnlySpan<float>(shared.Gradient(slot), (int)slot.Elements)), slot.Parameter.Name);
        }
    }

    [TestMethod]
    [DataRow(ActivationKind.None, NormalizationKind.None)]
    [DataRow(ActivationKind.Relu, NormalizationKind.None)]
    [DataRow(ActivationKind.Gelu, NormalizationKind.None)]
    [DataRow(ActivationKind.Gelu, NormalizationKind.LayerNorm)]
    [DataRow(ActivationKind.Gelu, NormalizationKind.BatchNorm)]
    [DataRow(ActivationKind.Gelu, NormalizationKind.None, true)]
    [DataRow(ActivationKind.Relu, NormalizationKind.BatchNorm, true)]
    public void Layout_Scoring_GivesTheBitsOfSeparateBuffers(
        ActivationKind activation,
        NormalizationKind normalization,
        bool residual = false)
    {
        using var device = new CpuDevice(1);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        Network network = Examples.Network(
            Width,
            [Width, Width, Width],
            Width,
            activation,
            normalization: normalization,
            residual: residual);
        Value input = PlanBuilder.Input("features", Width, NumericFormat.Float32);
        Value logits = plan.Finish(network.Body.Build(plan, input));
        var layout = new ValueLayout(plan, input, logits, Rows);
        using var memory = new ValueMemory(device, layout);
        using ParameterArenas arenas = Arenas(device, plan);
        using var states = new StateArenas(device, plan.States);
        var sharedContext = new PlanContext(device, memory, arenas) { States = states };
        sharedContext.SetBatch(Rows);
        using var separateContext = new SeparateContext(device, arenas, states, Rows);
        Forward(sharedContext, plan, input);
        Forward(separateContext, plan, input);

        Assert.IsTrue(
            new ReadOnlySpan<float>((void*)separateContext[logits].Address, Rows * Width).SequenceEqual(
                new ReadOnlySpan<float>((void*)sharedContext[logits].Address, Rows * Width)));
    }

    /// <summary>The loss reads the logits while it writes their gradient: both live at that time.</summary>
    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_float16")]
    public void Layout_LogitsAndTheirGradient_ShareNoByte(string policyName)
    {
        var plan = new PlanBuilder(PrecisionPolicy.Parse(policyName), training: true);
        Network network = Examples.Network(Width, [Width], Width);
        var planned = new NetworkPlan(network, plan, new LossTerm(new CrossEntropyLoss(), HasWeights: false));
        (Value input, Value logits) = (planned.Features, planned.Output);
        var layout = new ValueLayout(plan, input, logits, Rows);

        Tensor value = layout.Value(logits, 0, Rows), gradient = layout.Gradient(logits, 0, Rows);

        Assert.IsTrue(value.Address + value.Bytes <= gradient.Address || gradient.Address + gradient.Bytes <= value.Address);
    }

    private static ParameterArenas Arenas(CpuDevice device, PlanBuilder plan)
        => new(device, plan.Parameters, WeightUpdate.Master, 0);

    private static void Forward(OpContext context, PlanBuilder plan, Value input)
    {
        using TestTensor x = TestTensor.Random(NumericFormat.Float32, Rows, input.Columns, seed: 3);
        if (input.Kind == ElementKind.Number)
        {
            CastKernel.Run(context.Device, x, context[input]);
        }
        else
        {
            // Ids of any table of the sharing table: 0 and 1, one of them more often.
            Span<int> ids = context.Words(input).Span<int>();
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = i % 3 / 2;
            }
        }

        foreach (Op op in plan.Ops)
        {
            op.Forward(context);
        }
    }

    private static void Step(OpContext context, PlanBuilder plan, Value input)
    {
        Value target = plan.Inputs.Single(value => value.Name == LossTerm.Target);
        Forward(context, plan, input);
        Span<int> labels = context.Words(target).Span<int>();
        for (int row = 0; row < labels.Length; row++)
        {
            labels[row] = row % plan.Ops.Single(op => op is LossOp).Inputs[0].Columns;
        }

        foreach (Op op in plan.Ops.Reverse().Where(op => op.RunsBackward))
        {
            op.Backward(context, accumulate: false);
        }
    }
}
