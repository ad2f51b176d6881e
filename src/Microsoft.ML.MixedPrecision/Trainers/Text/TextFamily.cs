using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Pretrained;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Networks that read texts: a mapper makes tokens of them, a Transformer scores.</summary>
/// <param name="options">The options.</param>
internal sealed class TextFamily(TextTrainerOptions options) : NetworkFamily
{
    private const int LeastTokens = 4;
    private const int MostTokens = 65_536;
    private const float PretrainedRate = 0.1f;

    private static readonly IdleOption<TextTrainerOptions>[] BesidePretrained =
    [
        new(nameof(TextTrainerOptions.Tokenizer), options => options.Tokenizer, Cause, "Leave Tokenizer out."),
        new(nameof(TextTrainerOptions.Backbone), options => options.Backbone, Cause, "Leave Backbone out."),
    ];

    private readonly FineTuning _fineTuning = new(options.FineTuning, options.Pretrained is null ? 1 : PretrainedRate);
    private PretrainedEncoder? _encoder;
    private IReadOnlyList<string> _left = [];

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf(Columns);

    /// <inheritdoc/>
    public override string Text => $"{Source} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect
        => [nameof(options.TextColumnName), nameof(options.SecondTextColumnName)];

    /// <inheritdoc/>
    public override bool HasGivenStart => options.Pretrained is not null;

    /// <inheritdoc/>
    public override string? StartRemark => options.Pretrained is null ? null
        : $"Weights are those of '{options.Pretrained}', a {_encoder!.Config.Kind} of {_encoder.Config.Layers} layers of "
            + $"{_encoder.Config.Width}; the last layer is new"
            + (_left.Count == 0 ? "." : $", and these tensors of other tasks are left out: {string.Join(", ", _left)}.");

    private string Source => options.Pretrained is { } weights ? $"Pretrained '{weights}'" : $"Backbone {options.Backbone}";

    private string[] Columns => options.SecondTextColumnName is { } second ? [options.TextColumnName, second] : [options.TextColumnName];

    /// <inheritdoc/>
    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new TextTokensEstimator(
            env,
            Columns,
            options.Pretrained is { } weights ? TextTokenizer.FromFile(weights.Folder) : options.Tokenizer,
            new SequenceLimit(options.MaxTokens, options.Truncation));

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
    {
        _encoder = options.Pretrained is null ? null : PretrainedEncoder.Open(options.Pretrained.Folder);
        return new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features) ?? throw new ArgumentOutOfRangeException(
            nameof(features),
            $"The column '{features.Name}' does not say of how many tokens its vocabulary is, as one does that this trainer makes of "
                + "texts. Drop it, or give the trainer data that were made by the transformer of an earlier training."));
    }

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => NetworkOf((TokensInput)prepared!, outputs).ToSpec();

    /// <inheritdoc/>
    public override void Start(Network network)
    {
        if (options.Pretrained is not null)
        {
            _left = Encoder().Fill(network);
        }
    }

    /// <inheritdoc/>
    public override void SetRates(Network network) => _fineTuning.SetRates(network);

    /// <inheritdoc/>
    public override FrozenParameters Frozen(Network network) => _fineTuning.Frozen(network);

    /// <inheritdoc/>
    public override void Check()
    {
        RequireName(options.TextColumnName, nameof(options.TextColumnName), "Text");
        if (options.SecondTextColumnName is { } second)
        {
            RequireName(second, nameof(options.SecondTextColumnName), "null for none");
            Require(second != options.TextColumnName, nameof(options.SecondTextColumnName), second, "another column than TextColumnName");
        }

        RequireValue(options.Tokenizer, nameof(options.Tokenizer), "for example TextTokenizer.TrainWordPiece()");
        RequireValue(options.Backbone, nameof(options.Backbone), "for example TextBackbone.Transformer()");
        RequireValue(options.FineTuning, nameof(options.FineTuning), "a FineTuningOptions, by default new()");
        _fineTuning.Check();
        RequireDefined(options.Truncation, nameof(options.Truncation));
        RequireDefined(options.Pooling, nameof(options.Pooling));
        Require(options.MaxTokens is >= LeastTokens and <= MostTokens, nameof(options.MaxTokens), options.MaxTokens,
            string.Create(CultureInfo.InvariantCulture, $"from {LeastTokens} to {MostTokens:N0}, for example 256"));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
    }

    /// <inheritdoc/>
    public override void BeginReading(ITransformer? mapper) => (mapper as TextTokensTransformer)?.ResetCounts();

    /// <inheritdoc/>
    public override string? Advice(ITransformer? mapper) => (mapper as TextTokensTransformer)?.CutRemark(nameof(options.MaxTokens));

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous)
    {
        foreach (string idle in BesidePretrained.Select(option => option.Of(options)).OfType<string>())
        {
            yield return idle;
        }

        if (previous is not null && options.Pretrained is { } weights)
        {
            yield return $"Pretrained is '{weights}', but training goes on from a model, so that it changes nothing. Leave it out, or "
                + "train without a previous model.";
        }

        if (previous?.Tokens is { } tokens && tokens.Rows != options.MaxTokens)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"MaxTokens is {options.MaxTokens}, but training goes on from a "
                + $"model whose rows have {tokens.Rows} tokens, so that it changes nothing. Set MaxTokens to {tokens.Rows}, or train "
                + $"without a previous model.");
        }
    }

    private static string? Cause(TextTrainerOptions options) => options.Pretrained is null ? null : "Pretrained decides that";

    private PretrainedEncoder Encoder() => _encoder ??= PretrainedEncoder.Open(options.Pretrained!.Folder);

    private Transformer NetworkOf(TokensInput input, int outputs) => options.Pretrained is not null
        ? Encoder().Network(input, outputs, options.Dropout, options.Pooling)
        : new Transformer(
            input,
            options.Backbone.Layers,
            options.Backbone.Width,
            options.Backbone.Heads,
            options.Backbone.FeedForward,
            outputs,
            options.Dropout,
            options.Backbone.IsPreNorm,
            options.Pooling);
}
