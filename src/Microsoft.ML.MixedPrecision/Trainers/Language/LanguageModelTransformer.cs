using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(
    typeof(LanguageModelTransformer),
    null,
    typeof(SignatureLoadModel),
    "Language model",
    LanguageModelTransformer.LoaderSignature)]

namespace Microsoft.ML.MixedPrecision;

/// <summary>A trained language model; made by <see cref="LanguageModelTrainer"/>, or loaded from a saved ML.NET model, which holds weights
/// and vocabulary. Adds the columns <c>LogLikelihood</c> (Single: Σ ln p of the text's tokens) and <c>TokenCount</c> (Int32: how many these
/// are), and writes texts.</summary>
/// <remarks>
/// Columns are computed text by text, on the CPU in Float32; <see cref="Evaluate"/> measures many texts at once. Safe for many threads.
/// <see cref="Dispose"/> frees caches only.
/// </remarks>
public sealed class LanguageModelTransformer
    : RowToRowTransformerBase, ITransformer, IPredictionTransformer<NetworkTokenModelParameters>, IWithoutOnnx, IDisposable
{
    internal const string LoaderSignature = "MixedPrecisionLanguage";
    private const string ModelSignature = "MPLANGUA";
    private const string ModelEntry = "Model";
    private const string TokensEntry = "Tokens";

    /// <summary>Steps of a batch that is evaluated: their outputs, one a token of the vocabulary, lie in memory together.</summary>
    private const int StepsOfBatch = 2048;

    private readonly Lock _seeds = new();

    internal LanguageModelTransformer(IHostEnvironment env, TextTokensTransformer tokens, NetworkTokenModelParameters model)
        : base(env.Register(LoaderSignature))
    {
        (Tokens, Model) = (tokens, model);
        Network = new NetworkModel(Host, (((INetworkModel)model).Network.Network, null), softmax: false);
    }

    /// <summary>Column of the texts.</summary>
    public string TextColumnName => Tokens.Columns[0];

    /// <summary>The network.</summary>
    public NetworkTokenModelParameters Model { get; }

    /// <summary>What happened in training; of a model that was loaded what was saved with it, null where nothing was.</summary>
    /// <exception cref="InvalidDataException">What was saved is not a training's, since the file was made by hand.</exception>
    public TrainingResult? Training => ((INetworkModel)Model).Network.Training;

    /// <summary>Where <see cref="Evaluate"/> computes: by default on the first NVIDIA GPU where the network is worth the way there, else on
    /// the CPU. Not saved with the model.</summary>
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

    /// <summary>Predicts tokens.</summary>
    internal NetworkModel Network { get; }

    string? IWithoutOnnx.WithoutOnnx => "A language model is not exported to ONNX; let ML.NET measure and write texts with it.";

    private static VersionInfo Version => new(
        modelSignature: ModelSignature,
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(LanguageModelTransformer).Assembly.FullName);

    /// <summary>Measures how well the model predicts texts, in batches.</summary>
    /// <param name="data">Data with the column of texts; a missing text counts as an empty one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or holds no text.</exception>
    /// <exception cref="NotSupportedException">The device asked for is not there.</exception>
    public LanguageModelMetrics Evaluate(IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        new TextTokensEstimator(Host, [TextColumnName], TextTokenizer.TrainWordPiece(), Tokens.Limit)
            .GetOutputSchema(SchemaShape.Create(data.Schema));
        DataViewSchema.Column column = data.Schema[TextColumnName];
        var windows = new TokenWindows(Tokens.Tokenizer, Tokens.Limit.MaxTokens);
        using var likelihood = new Likelihood(Network.CreateBatchSession(Math.Max(1, StepsOfBatch / Tokens.Limit.MaxTokens)));
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<ReadOnlyMemory<char>> getText = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        double sum = 0;
        long tokens = 0, texts = 0;
        for (; cursor.MoveNext(); texts++)
        {
            getText(ref text);
            windows.Read(text.ToString());
            tokens += windows.Predictions;
            likelihood.Add(windows, part => sum += part);
        }

        return new LanguageModelMetrics(sum + likelihood.Sum(), tokens, texts);
    }

    /// <summary>Writes on: draws token after token, each by the probabilities that the model gives it behind all before.</summary>
    /// <param name="prompt">How the text begins; empty for any beginning.</param>
    /// <param name="options">How to draw; null for the usual.</param>
    /// <returns>The text of all tokens, the prompt's included, as the tokenizer writes them.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, or the prompt is empty and the vocabulary has no token that
    /// begins texts.</exception>
    /// <remarks>Each token is computed once: keys and values of those before are kept. Where the context is full, its later half is read
    /// anew as the beginning of another. Neither tokens that only begin or fill up rows nor the one for what is unknown are drawn. The same
    /// prompt, options and seed give the same text.</remarks>
    public string Generate(string prompt, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        options.ThrowIfInvalid();
        int seed = options.Seed ?? (Host as IHostEnvironmentInternal)?.Seed ?? DrawSeed();
        using DecodingSession session = Network.CreateDecodingSession();
        return new TextGenerator(Tokens.Tokenizer, session, options, seed).Run(prompt);
    }

    /// <summary>Frees what was prepared for scoring; the next call prepares it again.</summary>
    public void Dispose()
    {
        Network.Dispose();
        Model.Dispose();
    }

    /// <summary>A seed that nobody chose; the host's numbers are not for several threads at a time.</summary>
    private int DrawSeed()
    {
        lock (_seeds)
        {
            return Host.Rand.Next();
        }
    }

    /// <summary>Loads it.</summary>
    /// <param name="env">The context.</param>
    /// <param name="ctx">Where from.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static LanguageModelTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        ctx.LoadModel<NetworkTokenModelParameters, SignatureLoadModel>(env, out NetworkTokenModelParameters model, ModelEntry);
        ctx.LoadModel<TextTokensTransformer, SignatureLoadModel>(env, out TextTokensTransformer tokens, TokensEntry);
        return ((INetworkModel)model).Network.Network.Tokens is { } input
            && (input.Rows, input.Vocabulary) == (tokens.Limit.MaxTokens, tokens.Tokenizer.Count)
            && model.Classes == tokens.Tokenizer.Count
            && tokens.Columns.Count == 1
            ? new LanguageModelTransformer(env, tokens, model)
            : throw new InvalidDataException($"The model file is damaged and cannot be loaded: its network predicts {model.Classes} tokens "
                + $"and its tokenizer gives up to {tokens.Limit.MaxTokens} of {tokens.Tokenizer.Count} tokens of {tokens.Columns.Count} "
                + "columns. Use an undamaged copy of the file, or save the model again.");
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new LanguageModelMapper(this, schema);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveModel(Model, ModelEntry);
        ctx.SaveModel(Tokens, TokensEntry);
    }
}
