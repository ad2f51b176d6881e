using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Onnx.Scoring;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Reports.Charts;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>What has no case for a value of an enum throws and names it, instead of taking it for another.</summary>
[TestClass]
public sealed unsafe class UnknownValueTests
{
    private const int Number = 77;

    public static IEnumerable<object[]> Places => Questions.Keys.Select(place => new object[] { place });

    private static Dictionary<string, Func<object?>> Questions { get; } = new()
    {
        ["conversion to Float32"] = () => Convert(path => FormatConversion.ToFloat32(path, (NumericFormat)Number, Room, Room, 40)),
        ["conversion from Float32"] = () => Convert(path => FormatConversion.FromFloat32(path, (NumericFormat)Number, Room, Room, 40)),
        ["lanes, load"] = () => FormatLanes<LanesPortable, float>.Load((NumericFormat)Number, Room, 0),
        ["lanes, store"] = () => Do(() => FormatLanes<LanesPortable, float>.Store((NumericFormat)Number, 1f, Room, 0)),
        ["width of vectors"] = () => ((SimdPath)Number).Bits(),
        ["kernel of a width"] = () => Convert(
            _ => FormatConversion.ToFloat32((SimdPath)Number, NumericFormat.Float16, Room, Room + 64, 40)),
        ["AdamW, shadow"] = () => Adam((NumericFormat)Number),
        ["SGD, shadow"] = () => Sgd((NumericFormat)Number),
        ["moments"] = () => (Optimizer with { Kind = (OptimizerKind)Number }).Moments,
        ["largest norm"] = () => (Optimizer with { Kind = (OptimizerKind)Number }).LargestNorm,
        ["activation, saved"] = () => Activations.SavesOutput((ActivationKind)Number),
        ["activation, forward"] = () => Do(() => ActivationKernel<LanesPortable, float>.Forward((ActivationKind)Number, Room, Room, 1)),
        ["activation, backward"] = () => Do(
            () => ActivationKernel<LanesPortable, float>.Backward((ActivationKind)Number, Room, Room, Room, 1)),
        ["activation, one vector"] = () => ActivationLanes<LanesPortable, float>.Forward((ActivationKind)Number, 1f),
        ["gradient, one vector"] = () => ActivationLanes<LanesPortable, float>.Backward((ActivationKind)Number, 1f, 1f),
        ["product, epilogue"] = () => Do(() => MatmulFinish<LanesPortable, float>.Forward((ActivationKind)Number, Sums, null)),
        ["starting weights"] = () => Do(
            () => new WeightInitializer(1).Fill(new Parameter("w", 1, 1, decays: true), (ActivationKind)Number)),
        ["format on the CPU"] = () => PrecisionDevice.Cpu.Supports((NumericFormat)Number),
        ["format on a card"] = () => new PrecisionDevice(IsCuda: true, 9, 0).Supports((NumericFormat)Number),
        ["operation of a policy"] = () => PrecisionPolicy.MixedBFloat16.Decide((OperationKind)Number, "layer"),
        ["loss scale, text"] = () => new LossScaleRule((LossScaleKind)Number, 1).ToString(),
        ["loss scale, update"] = () => Update(new LossScaleRule((LossScaleKind)Number, 1)),
        ["schedule"] = () => new RateSchedule((LearningRateSchedule)Number, 10, 0, 0).FactorOf(3),
        ["axis"] = () => Axis.Over("axis", (AxisKind)Number, [1, 2]),
        ["ticks"] = () => new Axis("axis", (AxisKind)Number, 1, 2).Ticks(5),
        ["ONNX, layer"] = () => OnnxLayerFormat.Of((OnnxArithmetic)Number),
        ["ONNX, weights"] = () => new OnnxWeights(new OnnxGraphBuilder()).Add(
            [1f],
            "w",
            OnnxLayerFormat.Float32 with { Weights = OnnxElementType.Int8 },
            1),
        ["ONNX, operators"] = () => new OnnxGraphBuilder((OnnxOperatorSet)Number).Opset,
        ["ONNX, format of the file"] = () => new OnnxGraphBuilder((OnnxOperatorSet)Number).IrVersion,
        ["ONNX, size"] = () => new ValueSize((OnnxElementType)Number, [1]).Bytes,
        ["ONNX, output"] = () => OutputBuffer.Create(new ModelPort("y", (OnnxElementType)Number, [1]), 1),
    };

    private static OptimizerSettings Optimizer => new(OptimizerKind.AdamW, 0, 0.9f, 0.999f, 1e-8f, 0.9f, Nesterov: false);

    private static MatmulRows Sums => new(1, Room, 16, new Tensor((nint)Room, NumericFormat.Float32, 1, 1, 4), 0, 0, 1);

    /// <summary>Memory for whoever goes on instead of throwing.</summary>
    private static float* Room { get; } = (float*)new CpuMemory(4096).Address;

    [TestMethod]
    [DynamicData(nameof(Places))]
    public void Place_UnknownValue_Throws(string place)
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Questions[place]());

    [TestMethod]
    public void Of_ValueOfTheEnum_SaysThatItHasNoCase()
        => StringAssert.Contains(
            UnknownValue.Of(NumericFormat.BFloat16)
                .Message, "NumericFormat.BFloat16 cannot be used here; give it a case", StringComparison.Ordinal);

    private static object? Do(Action action)
    {
        action();
        return null;
    }

    private static object? Convert(Action<SimdPath> convert) => Do(() => convert(SimdPaths.Best));

    private static object? Adam(NumericFormat format)
    {
        using var device = new CpuDevice(1, SimdPaths.Best);
        AdamWKernel.Run(
            device,
            new AdamWArguments
            {
                Count = 1,
                Gradient = Room,
                Shadow = (ushort*)Room + 64,
                ShadowFormat = format,
                First = Room + 128,
                Second = Room + 256,
            });
        return null;
    }

    private static object? Sgd(NumericFormat format)
    {
        using var device = new CpuDevice(1, SimdPaths.Best);
        SgdKernel.Run(device, new SgdArguments { Count = 1, Gradient = Room, Shadow = (ushort*)Room + 64, ShadowFormat = format });
        return null;
    }

    private static object? Update(LossScaleRule rule)
    {
        LossScaleState state = LossScaleState.Initial(rule);
        state.Update(rule, nonFinite: false);
        return null;
    }
}
