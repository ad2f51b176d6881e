using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// Weights of an encoder that was trained elsewhere: where they lie. Immutable, compared by value, in JSON the string of
/// <see cref="ToString"/>.
/// </summary>
/// <remarks>
/// BERT, and MiniLM, which has its form; RoBERTa; DistilBERT: the files that their pages have. <c>config.json</c>; of the weights the
/// first that is there of <c>model.safetensors.index.json</c> with its shards, <c>model.safetensors</c>, <c>model.onnx</c> and
/// <c>onnx/model.onnx</c>, in Float32, Float16, BFloat16 or Float64; and the vocabulary, as <see cref="TextTokenizer.FromFile"/> reads it.
/// Python's pickles (<c>pytorch_model.bin</c>) are not read, since they can run code. Nothing is downloaded.
/// </remarks>
[JsonConverter(typeof(ReadableJsonConverter<PretrainedWeights>))]
[TypeConverter(typeof(ReadableTypeConverter<PretrainedWeights>))]
public sealed class PretrainedWeights : IEquatable<PretrainedWeights>, IReadable<PretrainedWeights>
{
    private PretrainedWeights(string folder) => Folder = folder;

    /// <summary>The folder that holds them.</summary>
    public string Folder { get; }

    /// <summary>The weights of a folder.</summary>
    /// <param name="path">The folder. It is read when a trainer or an estimator is fitted; the model then holds the weights itself.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    public static PretrainedWeights FromFolder(string path) => string.IsNullOrWhiteSpace(path)
        ? throw new ArgumentException($"'{path}' is no folder to read pretrained weights from. {PretrainedEncoder.Allowed}", nameof(path))
        : new PretrainedWeights(path);

    /// <summary>Reads what <see cref="ToString"/> wrote: the folder.</summary>
    /// <param name="text">The folder.</param>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public static PretrainedWeights Parse(string text) => FromFolder(text);

    /// <summary>Whether both are of the same path.</summary>
    public static bool operator ==(PretrainedWeights? left, PretrainedWeights? right) => Equals(left, right);

    /// <summary>Whether they are of different paths.</summary>
    public static bool operator !=(PretrainedWeights? left, PretrainedWeights? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(PretrainedWeights? other) => other is not null && Folder == other.Folder;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PretrainedWeights);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Folder);

    /// <summary>The folder, as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Folder;
}
