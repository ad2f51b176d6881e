using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Networks that read words: a mapper makes tokens of them, a Transformer scores each token.</summary>
/// <param name="options">The options.</param>
internal sealed class TokenFamily(TokenClassificationTrainer.Options options) : NetworkFamily
{
    private const int LeastTokens = 4;
    private const int MostTokens = 65_536;

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf([options.WordsColumnName]);

    /// <inheritdoc/>
    public override string PlacesColumn => WordTokensEstimator.PlacesOf(options.WordsColumnName);

    /// <inheritdoc/>
    public override string Text => $"Backbone {options.Backbone} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect => [nameof(options.WordsColumnName)];

    /// <inheritdoc/>
    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new WordTokensEstimator(env, options.WordsColumnName, options.Tokenizer, options.MaxTokens);

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
        => new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features) ?? throw new ArgumentOutOfRangeException(
            nameof(features),
            $"The column '{features.Name}' does not say of how many tokens its vocabulary is, as one does that this trainer makes of "
                + "words. Drop it, or give the trainer data that were made by the transformer of an earlier training."));

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => new Transformer(
            (TokensInput)prepared!,
            options.Backbone.Layers,
            options.Backbone.Width,
            options.Backbone.Heads,
            options.Backbone.FeedForward,
            outputs,
            options.Dropout,
            options.Backbone.IsPreNorm,
            Pooling: null).ToSpec();

    /// <inheritdoc/>
    public override void Check()
    {
        RequireName(options.WordsColumnName, nameof(options.WordsColumnName), "Words");
        RequireValue(options.Tokenizer, nameof(options.Tokenizer), "for example TextTokenizer.TrainWordPiece()");
        RequireValue(options.Backbone, nameof(options.Backbone), "for example TextBackbone.Transformer()");
        Require(options.MaxTokens is >= LeastTokens and <= MostTokens, nameof(options.MaxTokens), options.MaxTokens,
            string.Create(CultureInfo.InvariantCulture, $"from {LeastTokens} to {MostTokens:N0}, for example 256"));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
        Require(options.Bags == 1, nameof(options.Bags), options.Bags, "1: networks that score each word are not averaged");
    }

    /// <inheritdoc/>
    public override void BeginReading(ITransformer? mapper) => (mapper as WordTokensTransformer)?.ResetCounts();

    /// <inheritdoc/>
    public override string? Advice(ITransformer? mapper) => (mapper as WordTokensTransformer)?.CutRemark(nameof(options.MaxTokens));

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous)
        => previous?.Tokens is { } tokens && tokens.Rows != options.MaxTokens
            ? [string.Create(CultureInfo.InvariantCulture, $"MaxTokens is {options.MaxTokens}, but training goes on from a model whose "
                + $"rows have {tokens.Rows} tokens, so that it changes nothing. Set MaxTokens to {tokens.Rows}, or train without a "
                + $"previous model.")]
            : [];
}
