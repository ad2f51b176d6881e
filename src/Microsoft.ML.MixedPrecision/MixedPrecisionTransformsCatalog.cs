using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Transforms; reached by <c>mlContext.MixedPrecision().Transforms</c>.</summary>
public sealed class MixedPrecisionTransformsCatalog
{
    private readonly IHostEnvironment _env;

    internal MixedPrecisionTransformsCatalog(IHostEnvironment env) => _env = env;

    /// <summary>Makes vectors of texts with a pretrained encoder.</summary>
    /// <param name="outputColumnName">Column of the embeddings.</param>
    /// <param name="textColumnName">Column of the texts.</param>
    /// <param name="pretrained">The weights.</param>
    /// <exception cref="ArgumentException">A name is empty.</exception>
    public TextEmbeddingEstimator EmbedText(string outputColumnName, string textColumnName, PretrainedWeights pretrained)
        => EmbedText(new TextEmbeddingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            TextColumnName = textColumnName,
            Pretrained = pretrained,
        });

    /// <summary>Makes vectors of texts with a pretrained encoder.</summary>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">An option is not set or outside its range.</exception>
    public TextEmbeddingEstimator EmbedText(TextEmbeddingEstimator.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(_env, options);
    }

    /// <summary>Applies an ONNX model to rows in batches.</summary>
    /// <param name="path">The file, which is read once, now, and closed again.</param>
    /// <param name="options">How; null for the defaults: all outputs, by their own names.</param>
    /// <exception cref="OnnxModelRefusedException">The file is damaged, above a limit, or holds what is not accepted.</exception>
    /// <exception cref="ArgumentException">An option names an input or output that the model does not have, or is outside its
    /// range.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public OnnxScoringEstimator ApplyOnnxModel(string path, OnnxScoringEstimator.Options? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(_env, limits => OnnxModelChecker.Read(path, limits), options);
    }

    /// <summary>Applies an ONNX model to rows in batches.</summary>
    /// <param name="model">The bytes of the file, which are not kept.</param>
    /// <param name="options">How; null for the defaults: all outputs, by their own names.</param>
    /// <exception cref="OnnxModelRefusedException">The file is damaged, above a limit, or holds what is not accepted.</exception>
    /// <exception cref="ArgumentException">An option names an input or output that the model does not have, or is outside its
    /// range.</exception>
    public OnnxScoringEstimator ApplyOnnxModel(byte[] model, OnnxScoringEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(_env, _ => model, options);
    }

    /// <summary>Applies an ONNX model to rows in batches.</summary>
    /// <param name="model">The file as a stream, which is read to its end, now, and stays open.</param>
    /// <param name="options">How; null for the defaults: all outputs, by their own names.</param>
    /// <exception cref="OnnxModelRefusedException">The file is damaged, above a limit, or holds what is not accepted.</exception>
    /// <exception cref="ArgumentException">An option names an input or output that the model does not have, or is outside its
    /// range.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public OnnxScoringEstimator ApplyOnnxModel(Stream model, OnnxScoringEstimator.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(_env, limits => OnnxModelChecker.Read(model, limits), options);
    }
}
