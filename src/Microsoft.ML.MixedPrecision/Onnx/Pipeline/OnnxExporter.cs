using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Writes a fitted pipeline as one ONNX file.</summary>
internal static class OnnxExporter
{
    /// <summary>Exports to a file, which is replaced only when the export has succeeded.</summary>
    /// <param name="env">The environment, for the log.</param>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="inputSchema">The columns of the data that it is applied to.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="NotSupportedException">A needed step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="DirectoryNotFoundException">The file's folder does not exist.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, DataViewSchema inputSchema, string path, OnnxExportOptions? options)
        => Export(env, model, Empty(env, inputSchema), hasRows: false, ToFile(path), options);

    /// <summary>Exports to a stream, which stays open and to which nothing is written if the export fails.</summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, DataViewSchema, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, DataViewSchema inputSchema, Stream stream, OnnxExportOptions? options)
        => Export(env, model, Empty(env, inputSchema), hasRows: false, ToStream(stream), options);

    /// <summary>
    /// Exports to a file, which is replaced only when the export has succeeded, and compares it with the model on all rows of
    /// the data; best are rows that the model has not seen.
    /// </summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, DataViewSchema, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, IDataView data, string path, OnnxExportOptions? options)
        => Export(env, model, data, hasRows: true, ToFile(path), options);

    /// <summary>
    /// Exports to a stream, which stays open and to which nothing is written if the export fails, and compares what was
    /// written with the model on all rows of the data; best are rows that the model has not seen.
    /// </summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, DataViewSchema, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(IHostEnvironment env, ITransformer model, IDataView data, Stream stream, OnnxExportOptions? options)
        => Export(env, model, data, hasRows: true, ToStream(stream), options);

    private static OnnxExportReport Export(IHostEnvironment env, ITransformer model, IDataView data, bool hasRows, Action<ModelProto> save, OnnxExportOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new OnnxExportOptions();
        var arithmetic = ArithmeticOf(options.Format);
        using var channel = env.Register("OnnxExport").Start("Export");
        var plan = PipelinePlan.Create(model, data, options.OutputColumns);
        var context = plan.Write(arithmetic);
        if (arithmetic == OnnxArithmetic.Float16 && context.Networks == 0)
            throw new NotSupportedException("Float16 was asked for, but nothing of the pipeline is written in it: only networks of this library are. Export in Float32.");

        var file = Frame(context, options.Format);
        string? reason = "no rows were given";
        var verification = hasRows ? OnnxVerifier.Verify(plan, file.ToByteArray(), options.Format, out reason) : null;
        save(file);
        var report = Report(file, options.Format, context.SaturatedWeights, verification, reason);
        if (report.SaturatedWeights > 0)
            channel.Warning("{0} weights are above 65504 in magnitude and were set to that", report.SaturatedWeights);
        channel.Info("{0}", report);
        return report;
    }

    private static EmptyDataView Empty(IHostEnvironment env, DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new EmptyDataView(env, inputSchema);
    }

    /// <summary>Puts the frame of a file around what a context holds.</summary>
    public static ModelProto Frame(PipelineOnnxContext context, NumericFormat format)
    {
        var metadata = new SortedDictionary<string, string>(context.Metadata, StringComparer.Ordinal) { ["mixedprecision.format"] = format.ToString() };
        return OnnxModelFile.Create(context.Graph.Graph, "An ML.NET pipeline. Inputs are named as the columns of the data, outputs as the columns it makes with '.output' behind.", metadata);
    }

    private static OnnxExportReport Report(ModelProto file, NumericFormat format, long saturated, OnnxVerification? verification, string? reason) => new()
    {
        FileBytes = file.CalculateSize(),
        Format = format,
        Opset = (int)OnnxGraphBuilder.Opset,
        Inputs = [.. file.Graph.Input.Select(input => input.Name)],
        Outputs = [.. file.Graph.Output.Select(output => output.Name)],
        SaturatedWeights = saturated,
        Verification = verification,
        NotVerified = verification is null ? reason : null,
    };

    private static OnnxArithmetic ArithmeticOf(NumericFormat format) => format switch
    {
        NumericFormat.Float32 => OnnxArithmetic.Float32,
        NumericFormat.Float16 => OnnxArithmetic.Float16,
        NumericFormat.BFloat16 => throw new NotSupportedException("BFloat16 is not exported: ONNX Runtime's CPU provider does not compute in it. Use Float32 or Float16."),
        NumericFormat.TensorFloat32 => throw new NotSupportedException("TensorFloat32 is not exported: it is how a GPU multiplies, and its weights are stored in Float32. Use Float32, or Float16."),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Use Float32 or Float16."),
    };

    private static Action<ModelProto> ToFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder '{folder}' does not exist; make it, or export to another one.");
        return file => ReplacedFile.Write(path, stream => file.WriteTo(stream));
    }

    private static Action<ModelProto> ToStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return file => file.WriteTo(stream);
    }
}
