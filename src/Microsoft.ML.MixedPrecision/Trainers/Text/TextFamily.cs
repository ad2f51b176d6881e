using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
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

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf(Columns);

    /// <inheritdoc/>
    public override string Text => $"Backbone {options.Backbone} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect
        => [nameof(options.TextColumnName), nameof(options.SecondTextColumnName)];

    private string[] Columns => options.SecondTextColumnName is { } second ? [options.TextColumnName, second] : [options.TextColumnName];

    /// <inheritdoc/>
    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new TextTokensEstimator(env, Columns, options.Tokenizer, new SequenceLimit(options.MaxTokens, options.Truncation));

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
        => new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features) ?? throw new ArgumentOutOfRangeException(
            nameof(features),
            $"The column '{features.Name}' does not say of how many tokens its vocabulary is, as one does that this trainer makes of "
                + "texts. Drop it, or give the trainer data that were made by the transformer of an earlier training."));

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
            options.Pooling).ToSpec();

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
        => previous?.Tokens is { } tokens && tokens.Rows != options.MaxTokens
            ? [string.Create(CultureInfo.InvariantCulture, $"MaxTokens is {options.MaxTokens}, but training goes on from a model whose rows "
                + $"have {tokens.Rows} tokens, so that it changes nothing. Set MaxTokens to {tokens.Rows}, or train without a previous model.")]
            : [];
}
