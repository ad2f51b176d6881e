using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Onnx.Scoring;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.MixedPrecision.Trainers.Checkpoints;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Operations on fitted pipelines; reached by <c>mlContext.MixedPrecision().Model</c>.</summary>
/// <remarks>
/// <para>
/// <c>ExportToOnnx</c> takes NormalizeMinMax, NormalizeMeanVariance, NormalizeRobustScaling, ReplaceMissingValues, IndicateMissingValues,
/// OneHotEncoding
/// (indicator, bag and key, of scalars and vectors), Hash and OneHotHashEncoding of scalars, MapValueToKey, MapKeyToValue, MapKeyToVector,
/// Concatenate,
/// CopyColumns, SelectColumns, DropColumns, ConvertType (between numbers, booleans and keys, and from whole numbers to text), the networks
/// of this library
/// and those trained models of ML.NET that export themselves. Each is computed as Transform computes it. One limit: text that is not ASCII,
/// or starts
/// or ends with a space, is hashed by ML.NET in a way that ONNX Runtime does not have, and counts as missing in the file.
/// </para>
/// <para>
/// What nothing wanted depends on is left out, whatever it is. A step that is needed and has no ONNX form is refused by its name; then
/// <c>ExportNetworkToOnnx</c> writes the network alone, from its features on. The number of rows is free in every file.
/// </para>
/// </remarks>
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

    /// <summary>Exports a fitted pipeline as one ONNX file, in FP32, FP16 or BF16, and measures on data how far its results are from the
    /// model's.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="data">Data that the pipeline is applied to, all of which is scored twice; best are rows that the model has not
    /// seen.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    /// <example>
    /// A pipeline to FP16 ONNX, compared with the model on the test rows:
    /// <code>
    /// using Microsoft.ML;
    /// using Microsoft.ML.Data;
    /// using Microsoft.ML.MixedPrecision;
    ///
    /// var mlContext = new MLContext(seed: 1);
    /// IDataView data = mlContext.Data.LoadFromTextFile&lt;Digit&gt;("digits.csv", separatorChar: ',', hasHeader: true);
    /// DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
    /// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Digit.Value))
    ///     .Append(mlContext.Transforms.NormalizeMinMax("Features"))
    ///     .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(epochs: 5));
    /// ITransformer model = pipeline.Fit(split.TrainSet);
    /// OnnxExportReport report = mlContext.MixedPrecision().Model.ExportToOnnx(
    ///     model, split.TestSet, "digits.onnx", new OnnxExportOptions { Format = NumericFormat.Float16 });
    /// Console.WriteLine(report);
    ///
    /// public sealed class Digit
    /// {
    ///     [LoadColumn(0, 63), VectorType(64)]
    ///     public float[] Features { get; set; } = [];
    ///
    ///     [LoadColumn(64)]
    ///     public int Value { get; set; }
    /// }
    /// </code>
    /// </example>
    public OnnxExportReport ExportToOnnx(ITransformer model, IDataView data, string path, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, data, path, options);

    /// <summary>Writes a fitted pipeline as ONNX to a stream, and measures on data how far its results are from the model's.</summary>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="data">Data that the pipeline is applied to, all of which is scored twice; best are rows that the model has not
    /// seen.</param>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">How; null for Float32 and the columns that the model makes.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="NotSupportedException">A step, a column's type or the format cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A wanted column does not exist, or a weight is not finite.</exception>
    public OnnxExportReport ExportToOnnx(ITransformer model, IDataView data, Stream stream, OnnxExportOptions? options = null)
        => OnnxExporter.Export(_env, model, data, stream, options);

    /// <summary>Writes only the network of a fitted pipeline as an ONNX file, from its feature column on; the file is replaced only when
    /// the export has succeeded.</summary>
    /// <param name="model">The fitted pipeline, or the network's transformer alone.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for Float32 and all columns that the network makes.</param>
    /// <returns>What was written.</returns>
    /// <remarks>
    /// For a pipeline with steps that have no ONNX form: apply these in ML.NET, and give the file what they make. The file takes the
    /// feature column,
    /// (rows, features) in Single, and gives the network's columns, <c>Score</c> and as the task has them <c>PredictedLabel</c> (a key) and
    /// <c>Probability</c>.
    /// </remarks>
    /// <exception cref="NotSupportedException">The format cannot be written.</exception>
    /// <exception cref="ArgumentException">The pipeline has no network of this library, or several; a wanted column does not exist, or a
    /// weight is not finite.</exception>
    public OnnxExportReport ExportNetworkToOnnx(ITransformer model, string path, OnnxExportOptions? options = null)
        => NetworkExporter.Export(_env, model, path, options);

    /// <summary>Writes only the network of a fitted pipeline as ONNX to a stream, from its feature column on; nothing is written if the
    /// export fails.</summary>
    /// <param name="model">The fitted pipeline, or the network's transformer alone.</param>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">How; null for Float32 and all columns that the network makes.</param>
    /// <returns>What was written.</returns>
    /// <remarks>
    /// For a pipeline with steps that have no ONNX form: apply these in ML.NET, and give the file what they make. The file takes the
    /// feature column,
    /// (rows, features) in Single, and gives the network's columns, <c>Score</c> and as the task has them <c>PredictedLabel</c> (a key) and
    /// <c>Probability</c>.
    /// </remarks>
    /// <exception cref="NotSupportedException">The format cannot be written.</exception>
    /// <exception cref="ArgumentException">The pipeline has no network of this library, or several; a wanted column does not exist, or a
    /// weight is not finite.</exception>
    public OnnxExportReport ExportNetworkToOnnx(ITransformer model, Stream stream, OnnxExportOptions? options = null)
        => NetworkExporter.Export(_env, model, stream, options);

    /// <summary>Writes only the network of a fitted pipeline as an ONNX file, and measures on data how far its results are from the
    /// network's.</summary>
    /// <param name="model">The fitted pipeline, or the network's transformer alone.</param>
    /// <param name="data">Data that the whole pipeline is applied to; its rows go through the steps before the network in ML.NET, and are
    /// then scored twice.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for Float32 and all columns that the network makes.</param>
    /// <returns>What was written.</returns>
    /// <remarks>
    /// For a pipeline with steps that have no ONNX form: apply these in ML.NET, and give the file what they make. The file takes the
    /// feature column,
    /// (rows, features) in Single, and gives the network's columns, <c>Score</c> and as the task has them <c>PredictedLabel</c> (a key) and
    /// <c>Probability</c>.
    /// </remarks>
    /// <exception cref="NotSupportedException">The format cannot be written.</exception>
    /// <exception cref="ArgumentException">The pipeline has no network of this library, or several; a wanted column does not exist, or a
    /// weight is not finite.</exception>
    public OnnxExportReport ExportNetworkToOnnx(ITransformer model, IDataView data, string path, OnnxExportOptions? options = null)
        => NetworkExporter.Export(_env, model, data, path, options);

    /// <summary>Writes only the network of a fitted pipeline as ONNX to a stream, and measures on data how far its results are from the
    /// network's.</summary>
    /// <param name="model">The fitted pipeline, or the network's transformer alone.</param>
    /// <param name="data">Data that the whole pipeline is applied to; its rows go through the steps before the network in ML.NET, and are
    /// then scored twice.</param>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="options">How; null for Float32 and all columns that the network makes.</param>
    /// <returns>What was written.</returns>
    /// <remarks>
    /// For a pipeline with steps that have no ONNX form: apply these in ML.NET, and give the file what they make. The file takes the
    /// feature column,
    /// (rows, features) in Single, and gives the network's columns, <c>Score</c> and as the task has them <c>PredictedLabel</c> (a key) and
    /// <c>Probability</c>.
    /// </remarks>
    /// <exception cref="NotSupportedException">The format cannot be written.</exception>
    /// <exception cref="ArgumentException">The pipeline has no network of this library, or several; a wanted column does not exist, or a
    /// weight is not finite.</exception>
    public OnnxExportReport ExportNetworkToOnnx(ITransformer model, IDataView data, Stream stream, OnnxExportOptions? options = null)
        => NetworkExporter.Export(_env, model, data, stream, options);

    /// <summary>
    /// Writes the encoder of a fitted pipeline as files that <see cref="PretrainedWeights.FromFolder"/> reads, and Hugging Face's library:
    /// <c>config.json</c>, <c>model.safetensors</c> in Float32 with the published names, and the vocabulary. Each is replaced only when it
    /// has been written.
    /// </summary>
    /// <param name="model">The fitted pipeline, with one network that reads texts, or that network's transformer alone.</param>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <remarks>
    /// Saved are networks that were trained from <see cref="PretrainedWeights"/> or with <see cref="TextBackbone.Bert"/>; a DistilBERT is
    /// written as the BERT that it equals. The last layer is in the file as <c>classifier</c>, which readers of encoders pass over. The
    /// file has the positions that the network has, <c>MaxTokens</c>.
    /// </remarks>
    /// <exception cref="ArgumentException">There is no network that reads texts in the model, or several.</exception>
    /// <exception cref="NotSupportedException">Network or vocabulary have no published form.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void SavePretrained(ITransformer model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        EncoderModels.Write(model, folder);
    }

    /// <summary>
    /// Makes a transformer from a checkpoint of training (<see cref="NetworkTrainerOptions.Checkpoint"/>), without training on: the weights
    /// that a fit
    /// would give that is told there to stop, which are the best so far where rows validate, and else the last.
    /// </summary>
    /// <param name="path">A checkpoint; the folder of a fit, of whose checkpoints the newest undamaged one is taken; or a folder that holds
    /// that of one fit. A fit may be writing to it.</param>
    /// <returns>
    /// A <see cref="NetworkMulticlassTransformer"/>, <see cref="NetworkBinaryTransformer"/>,
    /// <see cref="NetworkRegressionTransformer"/>, <see cref="NetworkTokenTransformer"/> or <see cref="LanguageModelTransformer"/> with the
    /// columns of training, to be used and saved like the
    /// one that <c>Fit</c> would have given, but with no <c>Training</c>: it has not ended. The steps of the pipeline before it are not in
    /// a checkpoint.
    /// </returns>
    /// <exception cref="FileNotFoundException">There is no checkpoint.</exception>
    /// <exception cref="InvalidOperationException">The folder holds checkpoints of several fits.</exception>
    /// <exception cref="InvalidDataException">No checkpoint there can be read.</exception>
    public ITransformer LoadCheckpoint(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new CheckpointLoader(_env).Load(path);
    }

    /// <summary>Checks an ONNX file of unknown origin, without ONNX Runtime: nothing of it is run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What it may ask for; null for the defaults.</param>
    /// <param name="batchSize">Rows of the batches that it is to be run with, on which the memory depends; at least 1.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="OnnxModelRefusedException">The file is damaged, above a limit, or holds what is not accepted; the message says
    /// what.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public OnnxModelReport CheckOnnx(string path, OnnxModelLimits? limits = null, int batchSize = 1024)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return OnnxModelChecker.Report(given => OnnxModelChecker.Read(path, given), limits, batchSize);
    }

    /// <summary>Checks an ONNX file of unknown origin, without ONNX Runtime: nothing of it is run.</summary>
    /// <param name="stream">The file as a stream, which is read to its end and stays open.</param>
    /// <param name="limits">What it may ask for; null for the defaults.</param>
    /// <param name="batchSize">Rows of the batches that it is to be run with, on which the memory depends; at least 1.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="OnnxModelRefusedException">The file is damaged, above a limit, or holds what is not accepted; the message says
    /// what.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public OnnxModelReport CheckOnnx(Stream stream, OnnxModelLimits? limits = null, int batchSize = 1024)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return OnnxModelChecker.Report(given => OnnxModelChecker.Read(stream, given), limits, batchSize);
    }

    /// <summary>Loads an ML.NET model as <c>mlContext.Model.Load</c> does, with limits of its own for the ONNX files inside it, which are
    /// checked again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What an ONNX file may ask for.</param>
    /// <param name="inputSchema">Columns of the data that the model was made with.</param>
    /// <exception cref="OnnxModelRefusedException">An ONNX file inside is refused; the message says why.</exception>
    public ITransformer Load(string path, OnnxModelLimits limits, out DataViewSchema inputSchema)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(stream, limits, out inputSchema);
    }

    /// <summary>Loads an ML.NET model as <c>mlContext.Model.Load</c> does, with limits of its own for the ONNX files inside it, which are
    /// checked again.</summary>
    /// <param name="stream">The file as a stream that can seek; it stays open.</param>
    /// <param name="limits">What an ONNX file may ask for.</param>
    /// <param name="inputSchema">Columns of the data that the model was made with.</param>
    /// <exception cref="OnnxModelRefusedException">An ONNX file inside is refused; the message says why.</exception>
    public ITransformer Load(Stream stream, OnnxModelLimits limits, out DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(limits);
        (var model, inputSchema) = OnnxLoadingLimits.Run(
            limits,
            () => (new ModelOperationsCatalog(_env).Load(stream, out var schema), schema));
        return model;
    }
}
