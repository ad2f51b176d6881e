using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Files;
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
    /// <exception cref="NotSupportedException">A needed step, a column's type or the format cannot be written; the message names
    /// it.</exception>
    /// <exception cref="DirectoryNotFoundException">The file's folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The file's folder cannot be written to.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, a weight is not finite, or options contradict each
    /// other.</exception>
    /// <exception cref="InvalidOperationException">A limit to what Float16 may change cannot be measured: no rows, or no ONNX Runtime; or
    /// FP16 edges alone pass it.</exception>
    public static OnnxExportReport Export(
        IHostEnvironment env,
        ITransformer model,
        DataViewSchema inputSchema,
        string path,
        OnnxExportOptions? options)
        => Export(env, model, Empty(env, inputSchema), hasRows: false, ToFile(path), options);

    /// <summary>Exports to a stream, which stays open and to which nothing is written if the export fails.</summary>
    /// <inheritdoc cref="Export(IHostEnvironment, ITransformer, DataViewSchema, string, OnnxExportOptions?)"/>
    public static OnnxExportReport Export(
        IHostEnvironment env,
        ITransformer model,
        DataViewSchema inputSchema,
        Stream stream,
        OnnxExportOptions? options)
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
    public static OnnxExportReport Export(
        IHostEnvironment env,
        ITransformer model,
        IDataView data,
        Stream stream,
        OnnxExportOptions? options)
        => Export(env, model, data, hasRows: true, ToStream(stream), options);

    private static OnnxExportReport Export(
        IHostEnvironment env,
        ITransformer model,
        IDataView data,
        bool hasRows,
        Action<ModelProto> save,
        OnnxExportOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new OnnxExportOptions();
        OnnxExportCheck.Require(options, hasRows);
        using var channel = env.Register("OnnxExport").Start("Export");
        var (file, report) = new OnnxExport(PipelinePlan.Create(model, data, options.OutputColumns), options, hasRows).Run();
        save(file);
        foreach (string warning in report.Warnings)
        {
            channel.Warning("{0}", warning);
        }

        channel.Info("{0}", report);
        return report;
    }

    private static EmptyDataView Empty(IHostEnvironment env, DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new EmptyDataView(env, inputSchema);
    }

    private static Action<ModelProto> ToFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ReplacedFile.RequireFolder(path);
        return file => ReplacedFile.Write(path, stream => file.WriteTo(stream));
    }

    private static Action<ModelProto> ToStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return file => file.WriteTo(stream);
    }
}
