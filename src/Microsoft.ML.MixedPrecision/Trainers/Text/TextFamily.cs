using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Networks that read texts: a mapper makes tokens of them, a Transformer scores.</summary>
/// <param name="options">The options.</param>
internal sealed class TextFamily(TextTrainerOptions options) : NetworkFamily
{
    private static readonly TextTokenizer UsualTokenizer = TextTokenizer.TrainWordPiece();

    private readonly TransformerStart _start = new(options.Backbone, options.Tokenizer, options.Pretrained, options.FineTuning);

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf(Columns);

    /// <inheritdoc/>
    public override string Text => $"{_start.Text} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect
        => [nameof(options.TextColumnName), nameof(options.SecondTextColumnName)];

    /// <inheritdoc/>
    public override bool HasGivenStart => _start.IsPretrained;

    /// <inheritdoc/>
    public override string? StartRemark => _start.Remark;

    private string[] Columns => options.SecondTextColumnName is { } second ? [options.TextColumnName, second] : [options.TextColumnName];

    /// <inheritdoc/>
    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new TextTokensEstimator(
            env,
            Columns,
            _start.Tokenizer,
            new SequenceLimit(options.MaxTokens, options.Truncation));

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
    {
        _start.Open();
        return new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features) ?? throw new ArgumentOutOfRangeException(
            nameof(features),
            $"The column '{features.Name}' does not say of how many tokens its vocabulary is, as one does that this trainer makes of "
                + "texts. Drop it, or give the trainer data that were made by the transformer of an earlier training."));
    }

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => _start.Network((TokensInput)prepared!, outputs, options.Dropout, options.Pooling).ToSpec();

    /// <inheritdoc/>
    public override void Start(Network network) => _start.Fill(network);

    /// <inheritdoc/>
    public override void SetRates(Network network) => _start.SetRates(network);

    /// <inheritdoc/>
    public override FrozenParameters Frozen(Network network) => _start.Frozen(network);

    /// <inheritdoc/>
    public override void Check()
    {
        RequireName(options.TextColumnName, nameof(options.TextColumnName), "Text");
        if (options.SecondTextColumnName is { } second)
        {
            Require(
                !string.IsNullOrWhiteSpace(second),
                nameof(options.SecondTextColumnName),
                $"'{second}'",
                "a column's name, or null for none");
            Require(second != options.TextColumnName, nameof(options.SecondTextColumnName), second, "another column than TextColumnName");
        }

        _start.Check();
        RequireDefined(options.Truncation, nameof(options.Truncation));
        RequireDefined(options.Pooling, nameof(options.Pooling));
        RequireTokens(options.MaxTokens, nameof(options.MaxTokens));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
    }

    /// <inheritdoc/>
    public override void BeginReading(ITransformer? mapper) => (mapper as TextTokensTransformer)?.ResetCounts();

    /// <inheritdoc/>
    public override string? Advice(ITransformer? mapper) => (mapper as TextTokensTransformer)?.CutRemark(nameof(options.MaxTokens));

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper)
    {
        var its = mapper as TextTokensTransformer;
        return
        [
            .. _start.Idle(UsualTokenizer, previous is not null, its?.Tokenizer),
            .. IdleLength(previous, options.MaxTokens),
            .. previous is null || its is null ? [] : IdleTruncation(its.Limit.Truncation),
        ];
    }

    /// <summary>A sentence where rows have as many tokens as a previous model's.</summary>
    /// <param name="previous">The previous model's network; null for none.</param>
    /// <param name="maxTokens">What is asked for.</param>
    public static IEnumerable<string> IdleLength(Network? previous, int maxTokens)
        => previous?.Tokens is { } tokens && tokens.Rows != maxTokens
            ? [string.Create(CultureInfo.InvariantCulture, $"MaxTokens is {maxTokens}, but training goes on from a model whose rows "
                + $"have {tokens.Rows} tokens, so that it changes nothing. Set MaxTokens to {tokens.Rows}, or train without a previous "
                + $"model.")]
            : [];

    private IEnumerable<string> IdleTruncation(Truncation its)
        => options.Truncation is not Truncation.Head && options.Truncation != its
            ? [$"Truncation is {options.Truncation}, but training goes on from a model that cuts rows by {its}, so that it changes "
                + $"nothing. Set Truncation to {its}, or train without a previous model."]
            : [];
}
