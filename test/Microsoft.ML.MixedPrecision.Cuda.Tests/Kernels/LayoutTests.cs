using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Structures that both sides of a launch see have one layout: the compiler for the card is asked for every size and
/// offset.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed partial class LayoutTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Structures =>
    [
        ["commit.cu", "LossScaleRule", typeof(LossScaleRule)], ["commit.cu", "LossScaleState", typeof(LossScaleState)],
        ["commit.cu", "CommitState", typeof(CommitState)], ["commit.cu", "RunBlock", typeof(RunBlock)], [
            "commit.cu",
            "StepPosition",
            typeof(StepPosition)], ["commit.cu", "StepScalars", typeof(StepScalars)],
        ["commit.cu", "PhaseBlock", typeof(PhaseBlock)], ["commit.cu", "StepRecord", typeof(StepRecord)], [
            "commit.cu",
            "OptimizerRange",
            typeof(OptimizerRange)],
        ["commit.cu", "Arenas", typeof(OptimizerArenas)], ["commit.cu", "FinitePartial", typeof(FinitePartial)], [
            "commit.cu",
            "Commit",
            typeof(CommitArguments)], [
            "commit.cu",
            "RateSchedule",
            typeof(RateSchedule)],
        ["commit.cu", "RegularizationCourse", typeof(RegularizationCourse)],
        ["gather_examples.cu", "GatherExamples", typeof(GatherExamplesArguments)],
        ["gather_column.cu", "GatherColumn", typeof(GatherColumnArguments)],
        ["gather_entries.cu", "GatherEntries", typeof(GatherEntriesArguments)],
        ["gather_sequence.cu", "GatherSequence", typeof(GatherSequenceArguments)],
        ["positions.cu", "ExamplePlaces", typeof(ExamplePlaces)],
        ["positions.cu", "PositionsForward", Nested(typeof(PositionsKernel), "CudaArguments")],
        ["positions.cu", "PositionsBackward", Nested(typeof(PositionsKernel), "CudaGradientArguments")],
        ["token_types_rows.cu", "TokenTypesRows", Nested(typeof(TokenTypesKernel), "CudaRowsArguments")],
        ["token_types_forward.cu", "TokenTypesForward", Nested(typeof(TokenTypesKernel), "CudaForwardArguments")],
        ["token_types_backward.cu", "TokenTypesBackward", Nested(typeof(TokenTypesKernel), "CudaBackwardArguments")],
        ["pooling.cu", "PoolingForward", Nested(typeof(PoolingKernel), "CudaArguments")],
        ["pooling.cu", "PoolingBackward", Nested(typeof(PoolingKernel), "CudaGradientArguments")],
        ["attention_plain_forward.cu", "Attention<T_X>", Nested(typeof(AttentionKernel), "Arguments")],
        ["attention_plain_forward.cu", "AttentionDropout", Nested(typeof(AttentionKernel), "DropoutArguments")],
        ["attention_rest.cu", "AttentionRest", Nested(typeof(AttentionKernel), "RestArguments")],
        ["range_probe.cu", "RangeTotals", typeof(RangeTotals)],
        .. PointwiseFiles.SelectMany(
            file => new object[][]
            {
                [file, "PointwiseLoss", Nested(typeof(PointwiseCuda), "KernelArguments")],
                [file, "Partial", Nested(typeof(PointwiseCuda), "Partial")],
            }),
    ];

    private static string[] PointwiseFiles => ["binary_cross_entropy.cu", "huber.cu", "squared_error.cu"];

    [TestMethod]
    [DynamicData(nameof(Structures))]
    public void Structure_OnTheCard_IsLaidOutAsInCSharp(string file, string name, Type type)
    {
        FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
        long[] expected = [SizeOf(type), .. fields.Select(field => (long)Marshal.OffsetOf(type, field.Name))];

        CollectionAssert.AreEqual(expected, Measure(file, name, fields), $"{name}: size, then "
            + $"{string.Join(", ", fields.Select(SnakeCase))}");
    }

    private static long SizeOf(Type type)
        => (int)typeof(LayoutTests)
            .GetMethod(nameof(SizeOfUnmanaged), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type)
            .Invoke(null, null)!;

    private static unsafe int SizeOfUnmanaged<T>()
        where T : unmanaged
        => sizeof(T);

    private static Type Nested(Type owner, string name) => owner.GetNestedType(name, BindingFlags.NonPublic)!;

    private long[] Measure(string file, string name, FieldInfo[] fields)
    {
        KernelSource source = KernelSource.Load(file);
        var text = new StringBuilder(source.Text).AppendLine(CultureInfo.InvariantCulture,
            $"KERNEL void measure(i64* to) {{ *to++ = sizeof({name});");
        foreach (FieldInfo field in fields)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"*to++ = (i64)&(({name}*)0)->{SnakeCase(field)};");
        }

        using var program = new NvrtcProgram(text.Append('}').ToString(), file, source.Headers);
        using var module = new CudaModule(
            Device.Context,
            program.Compile(
                [
                    $"--gpu-architecture=sm_{Device.Properties.Capability}",
                    "--std=c++17",
                    .. new KernelVariant(file, "measure", NumericFormat.Float32, Number: NumberOf(file)).Definitions(source.Macros)]));
        using DeviceMemory results = Device.Allocate(sizeof(long) * (1 + fields.Length));
        module.GetKernel("measure").Launch(Device.Stream, TestKernels.Line(1, 1), results.Address);
        return Download<long>(results);
    }

    /// <summary>A number that the source compiles with; it changes no structure.</summary>
    private static int NumberOf(string file) => file.StartsWith("attention_plain", StringComparison.Ordinal) ? 64 : 0;

    /// <summary><c>&lt;WeightDecay&gt;k__BackingField</c> or <c>WeightDecay</c> → <c>weight_decay</c>.</summary>
    private static string SnakeCase(FieldInfo field)
    {
        string name = field.Name.TrimStart('_', '<').Split('>')[0];
        return Capital().Replace(name, match => (match.Index > 0 ? "_" : "") + char.ToLowerInvariant(match.Value[0]));
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
