using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>One export: decides what each layer computes in, writes, measures, and reports.</summary>
/// <param name="plan">What of the pipeline is written.</param>
/// <param name="options">How, already checked.</param>
/// <param name="hasRows">Whether the plan's data has rows to measure on.</param>
internal sealed class OnnxExport(PipelinePlan plan, OnnxExportOptions options, bool hasRows)
{
    private readonly OnnxWriting _float32 = new() { OperatorSet = options.OperatorSet };
    private LayerRanges? _measured;
    private IReadOnlyDictionary<string, string> _float32Edges = new Dictionary<string, string>();
    private IReadOnlyDictionary<string, OnnxComparison> _alone = new Dictionary<string, OnnxComparison>();

    /// <summary>Makes the file.</summary>
    /// <exception cref="NotSupportedException">A step cannot be written, or nothing of the pipeline can be written in the wanted
    /// format.</exception>
    /// <exception cref="InvalidOperationException">A limit cannot be measured, or not be met with FP16 edges.</exception>
    public (ModelProto File, OnnxExportReport Report) Run()
    {
        var writing = _float32 with { Arithmetic = ArithmeticOf(options.Format), Float16Edges = options.Float16Edges };
        string? reason = hasRows ? OnnxRuntimeSession.WhyMissing() : "no rows were given";
        if (options.Format == NumericFormat.Float16)
        {
            writing = ChooseFloat32(writing, ref reason);
        }

        var context = plan.Write(writing);
        var file = Frame(context);
        OnnxComparison? modelToFloat32 = null;
        var verification = reason is null ? OnnxVerifier.Verify(plan, file.ToByteArray(), writing, out modelToFloat32, out reason) : null;
        var inFloat32 = modelToFloat32 is null ? null : new OnnxVerification(verification!.Rows, modelToFloat32, null, null);
        return Finish(file, new OnnxExportReportBuilder(options, context)
        {
            Measured = _measured,
            Float32Edges = _float32Edges,
            Alone = _alone,
            Verification = verification,
            ModelToFloat32 = modelToFloat32 ?? verification?.ModelToFile,
            NotVerified = reason,
            Float32Bytes = SizeInFloat32(inFloat32, reason),
        });
    }

    private static OnnxArithmetic ArithmeticOf(NumericFormat format) => format switch
    {
        NumericFormat.Float16 => OnnxArithmetic.Float16,
        NumericFormat.BFloat16 => OnnxArithmetic.BFloat16Weights,
        NumericFormat.Float32 => OnnxArithmetic.Float32,
        _ => throw UnknownValue.Of(format),
    };

    /// <summary>Adds the layers and edges to keep in FP32, each with the reason.</summary>
    /// <param name="writing">The export without any.</param>
    /// <param name="reason">Why rows cannot be measured on; null if they can.</param>
    private OnnxWriting ChooseFloat32(OnnxWriting writing, ref string? reason)
    {
        if (!options.PrecisionAware)
        {
            return writing;
        }

        var context = plan.Write(writing with { Float16Edges = false });
        if (context.Networks == 0)
        {
            return writing;
        }

        if (reason is null)
        {
            _measured = LayerRanges.Measure(plan, _float32, out reason);
        }

        if (options.HasBudget && reason is not null)
        {
            throw new InvalidOperationException($"{nameof(options.MaxDifference)} and {nameof(options.MinAgreement)} cannot be "
                + $"measured: {reason}.");
        }

        if (options.Float16Edges)
        {
            writing = writing with { Float32Edges = _float32Edges = new Float32EdgeChoice(context, _measured).Choose() };
        }

        var chosen = Float32Choice.ByRange(context.Layers, context.Ranges, _measured);
        if (reason is not null)
        {
            return writing with { Float32Layers = chosen };
        }

        var search = new Float16Search(plan, options, writing);
        var met = search.Meet(chosen, [.. context.Layers.Where(layer => layer.IsFloat16).Select(layer => layer.Name)]);
        _alone = search.Alone;
        return writing with { Float32Layers = met };
    }

    private ModelProto Frame(PipelineOnnxContext context)
    {
        if (options.Format != NumericFormat.Float32 && context.Networks == 0)
        {
            throw new NotSupportedException($"{options.Format} was asked for, but nothing of the pipeline is written in it: only "
                + $"networks of this library are. Export in Float32.");
        }

        return OnnxFrame.Put(context, options.Format);
    }

    private static (ModelProto File, OnnxExportReport Report) Finish(ModelProto file, OnnxExportReportBuilder builder)
    {
        file.MetadataProps.Add(
            new StringStringEntryProto { Key = OnnxFrame.ReportKey, Value = OnnxExportReportJson.WriteWithoutSize(builder.Build(file)) });
        OnnxChecksum.Put(file);
        return (file, builder.Build(file));
    }

    /// <summary>The size of the whole file that the same export makes in Float32; null if this is that export.</summary>
    private long? SizeInFloat32(OnnxVerification? verification, string? reason)
    {
        if (options.Format == NumericFormat.Float32)
        {
            return null;
        }

        var context = plan.Write(_float32);
        var builder = new OnnxExportReportBuilder(new OnnxExportOptions { OperatorSet = options.OperatorSet }, context)
        {
            Alone = new Dictionary<string, OnnxComparison>(),
            Verification = verification,
            ModelToFloat32 = verification?.ModelToFile,
            NotVerified = reason,
        };
        return Finish(OnnxFrame.Put(context, NumericFormat.Float32), builder).Report.FileBytes;
    }
}
