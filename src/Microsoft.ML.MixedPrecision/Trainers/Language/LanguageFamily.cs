using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Networks that predict the next token from those before: a causal Transformer whose output has the weights of the tokens'
/// embedding. The data are windows of tokens already (<see cref="TokenWindowsView"/>).</summary>
/// <param name="options">The options.</param>
internal sealed class LanguageFamily(LanguageModelTrainer.Options options) : NetworkFamily
{
    private static readonly TextTokenizer UsualTokenizer = new LanguageModelTrainer.Options().Tokenizer;

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf([options.TextColumnName]);

    /// <inheritdoc/>
    public override string PlacesColumn => WordTokensEstimator.PlacesOf(options.TextColumnName);

    /// <inheritdoc/>
    public override string Text => $"Backbone {options.Backbone} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect => [nameof(options.TextColumnName)];

    /// <inheritdoc/>
    public override ITransformer? MadeBy => options.Tokens;

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
        => new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features)!.Value);

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories) => new Transformer(
        (TokensInput)prepared!,
        options.Backbone.Layers,
        options.Backbone.Width,
        options.Backbone.Heads,
        options.Backbone.FeedForward,
        outputs,
        options.Dropout,
        options.Backbone.IsPreNorm,
        Pooling: null,
        IsCausal: true,
        IsTied: true).ToSpec();

    /// <inheritdoc/>
    public override void Check()
    {
        RequireName(options.TextColumnName, nameof(options.TextColumnName), "Text");
        Require(
            options.LabelColumnName == DefaultColumnNames.Label,
            nameof(options.LabelColumnName),
            options.LabelColumnName,
            "left as it is: what a language model predicts are the texts' own tokens");
        RequireValue(options.Tokenizer, nameof(options.Tokenizer), "for example TextTokenizer.TrainWordPiece()");
        RequireValue(options.Backbone, nameof(options.Backbone), "for example TextBackbone.Transformer()");
        RequireTokens(options.MaxTokens, nameof(options.MaxTokens));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
        Require(
            IsShare(options.LabelSmoothing),
            nameof(options.LabelSmoothing),
            options.LabelSmoothing,
            "at least 0 and below 1, for example 0.1");
        Require(options.Bags == 1, nameof(options.Bags), options.Bags, "1: networks that score each token are not averaged");
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper)
    {
        string? idle = previous is null
            ? null
            : TransformerStart.IdleTokenizer(options.Tokenizer, UsualTokenizer, options.Tokens?.Tokenizer);
        return [.. idle is null ? Array.Empty<string>() : [idle], .. TextFamily.IdleLength(previous, options.MaxTokens)];
    }
}
