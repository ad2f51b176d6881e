using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(TextEmbeddingTransformer),
    null,
    typeof(SignatureLoadModel),
    "Embeddings of texts",
    TextEmbeddingTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>Adds a column of embeddings of texts, vectors of Single; made by <see cref="TextEmbeddingEstimator"/>, or loaded from a saved
/// ML.NET model, which holds weights and vocabulary.</summary>
/// <remarks>
/// Rows are read ahead and embedded up to 1024 at a time. On the CPU a row's embedding has the same bits alone, in any batch and from a
/// prediction engine; on a GPU (see <see cref="ScoringDevice"/>) it agrees with these within Float32's rounding of sums. Safe for many
/// threads. <see cref="Dispose"/> frees caches only.
/// </remarks>
public sealed class TextEmbeddingTransformer : RowToRowTransformerBase, ITransformer, IEncoderModel, IWithoutOnnx, IDisposable
{
    internal const string LoaderSignature = "MixedPrecisionEmbedText";
    private const string ModelSignature = "MPEMBTXT";
    private const string TokensEntry = "Tokens";

    // "UNIT" and "PLAI" in a file: a bit that flips must not make one the other.
    private const int UnitMark = 0x54494E55, PlainMark = 0x49414C50;

    /// <summary>Norms below it are taken for it, as PyTorch's <c>normalize</c> does: a vector of zeros stays one.</summary>
    private const float LeastNorm = 1e-12f;

    private int _hasWarned;

    internal TextEmbeddingTransformer(IHostEnvironment env, TextTokensTransformer tokens, Network network, string output, bool normalizes)
        : base(env.Register(LoaderSignature))
    {
        (Tokens, OutputColumnName, Normalizes) = (tokens, output, normalizes);
        Network = new NetworkModel(Host, (network, null), softmax: false) { FeatureColumn = TextColumnName };
    }

    /// <summary>Column of the texts.</summary>
    public string TextColumnName => Tokens.Columns[0];

    /// <summary>Column of the embeddings.</summary>
    public string OutputColumnName { get; }

    /// <summary>Numbers of an embedding.</summary>
    public int Width => Network.Network.Outputs;

    /// <summary>Whether each embedding is divided by its length.</summary>
    public bool Normalizes { get; }

    /// <summary>Where <see cref="Transform"/> computes: by default on the first NVIDIA GPU for views of a whole batch of rows or more,
    /// else on the CPU, as prediction engines always do. Not saved with the model.</summary>
    public ComputeDevice ScoringDevice
    {
        get => Network.ScoringDevice;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Network.ScoringDevice = value;
        }
    }

    /// <summary>Makes tokens.</summary>
    internal TextTokensTransformer Tokens { get; }

    /// <summary>Embeds tokens.</summary>
    internal NetworkModel Network { get; }

    bool IEncoderModel.HasEncoder => true;

    string? IWithoutOnnx.WithoutOnnx => "EmbedText is not exported to ONNX: its weights may be had as ONNX where they come from, and a "
        + "text trainer that starts from them is exported.";

    private static VersionInfo Version => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(TextEmbeddingTransformer).Assembly.FullName);

    /// <summary>Embeds texts, lazily, as the result is read.</summary>
    /// <param name="input">Data with the column of texts.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no text.</exception>
    public new IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new TextEmbeddingView(this, input, MakeDataTransform(input));
    }

    /// <summary>Frees what was prepared for computing; the next call prepares it again.</summary>
    public void Dispose() => Network.Dispose();

    /// <summary>Loads it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="ctx">Where from.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static TextEmbeddingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        string output = ctx.LoadNonEmptyString();
        int mark = ctx.Reader.ReadInt32();
        Network network = NetworkFile.Read(ctx.Reader.BaseStream).Network;
        ctx.LoadModel<TextTokensTransformer, SignatureLoadModel>(env, out TextTokensTransformer tokens, TokensEntry);
        return network.Tokens is { } input
            && (input.Rows, input.Vocabulary) == (tokens.Limit.MaxTokens, tokens.Tokenizer.Count)
            && tokens.Columns.Count == 1
            && mark is UnitMark or PlainMark
            ? new TextEmbeddingTransformer(env, tokens, network, output, normalizes: mark == UnitMark)
            : throw new InvalidDataException($"The model file is damaged and cannot be loaded: its network reads {network.Spec.Inputs[0]}, "
                + $"its tokenizer gives up to {tokens.Limit.MaxTokens} of {tokens.Tokenizer.Count} tokens of {tokens.Columns.Count} "
                + $"columns, and its mark is {mark:X8}. Use an undamaged copy of the file, or save the model again.");
    }

    /// <summary>Copies an embedding out.</summary>
    /// <param name="embedding">What the network gave.</param>
    /// <param name="value">Receives it.</param>
    internal void Finish(ReadOnlySpan<float> embedding, ref VBuffer<float> value)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, embedding.Length);
        if (Normalizes)
        {
            TensorPrimitives.Divide(embedding, MathF.Max(TensorPrimitives.Norm(embedding), LeastNorm), editor.Values);
        }
        else
        {
            embedding.CopyTo(editor.Values);
        }

        value = editor.Commit();
    }

    /// <summary>Warns, once, of texts that were cut.</summary>
    internal void WarnOfCut()
    {
        string? remark = Tokens.CutRemark(nameof(TextEmbeddingEstimator.Options.MaxTokens));
        if (remark is not null && Interlocked.Exchange(ref _hasWarned, 1) == 0)
        {
            Network.Warn($"{remark} This is said once.");
        }
    }

    void IEncoderModel.WriteEncoder(string folder) => EncoderFolder.Write(folder, Network.Network, Tokens.Tokenizer.Spec);

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new TextEmbeddingMapper(this, schema);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveNonEmptyString(OutputColumnName);
        ctx.Writer.Write(Normalizes ? UnitMark : PlainMark);
        ctx.Writer.Flush();
        NetworkFile.Write(ctx.Writer.BaseStream, Network.Network, new Dictionary<string, string>());
        ctx.SaveModel(Tokens, TokensEntry);
    }
}
