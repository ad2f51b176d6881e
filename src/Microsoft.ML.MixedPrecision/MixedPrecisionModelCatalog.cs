using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Operations on fitted pipelines; reached by <c>mlContext.MixedPrecision().Model</c>.</summary>
public sealed class MixedPrecisionModelCatalog
{
    private readonly IHostEnvironment _env;

    internal MixedPrecisionModelCatalog(IHostEnvironment env) => _env = env;

    /// <summary>Writes a fitted pipeline, all its steps, as one ONNX file, which is replaced only when the export has succeeded.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="inputSchema">Columns of the data that it is applied to.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public OnnxExportReport ExportToOnnx(ITransformer model, DataViewSchema inputSchema, string path, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, inputSchema, path, options);

    /// <summary>Writes a fitted pipeline, all its steps, as ONNX to a stream; nothing is written if the export fails.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="inputSchema">Columns of the data that it is applied to.</param>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public OnnxExportReport ExportToOnnx(ITransformer model, DataViewSchema inputSchema, Stream stream, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, inputSchema, stream, options);

    /// <summary>Writes a fitted pipeline as one ONNX file, and measures on data how far its results are from the model's.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="data">Data that the pipeline is applied to, all of which is scored twice; best are rows that the model has not seen.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public OnnxExportReport ExportToOnnx(ITransformer model, IDataView data, string path, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, data, path, options);

    /// <summary>Writes a fitted pipeline as ONNX to a stream, and measures on data how far its results are from the model's.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="data">Data that the pipeline is applied to, all of which is scored twice; best are rows that the model has not seen.</param>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public OnnxExportReport ExportToOnnx(ITransformer model, IDataView data, Stream stream, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, data, stream, options);
}
