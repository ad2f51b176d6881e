using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.Runtime;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Networks that read words: a mapper makes tokens of them, a Transformer scores each token.</summary>
/// <param name="options">The options.</param>
internal sealed class TokenFamily(TokenClassificationTrainer.Options options) : NetworkFamily
{
    private static readonly TextTokenizer UsualTokenizer = new TokenClassificationTrainer.Options().Tokenizer;

    private readonly TransformerStart _start = new(options.Backbone, options.Tokenizer, options.Pretrained, options.FineTuning);

    /// <inheritdoc/>
    public override string FeatureColumn => TextTokensEstimator.NameOf([options.WordsColumnName]);

    /// <inheritdoc/>
    public override string PlacesColumn => WordTokensEstimator.PlacesOf(options.WordsColumnName);

    /// <inheritdoc/>
    public override string Text => $"{_start.Text} and MaxTokens {options.MaxTokens}";

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> OptionsWithoutEffect => [nameof(options.WordsColumnName)];

    /// <inheritdoc/>
    public override IEstimator<ITransformer> CreateMapper(IHostEnvironment env)
        => new WordTokensEstimator(env, options.WordsColumnName, _start.Tokenizer, options.MaxTokens);

    /// <inheritdoc/>
    public override InputSpec InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform)
    {
        _start.Open();
        return new TokensInput(RowSchema.Features, count, TokenVocabulary.Of(features) ?? throw new ArgumentOutOfRangeException(
            nameof(features),
            $"The column '{features.Name}' does not say of how many tokens its vocabulary is, as one does that this trainer makes of "
                + "words. Drop it, or give the trainer data that were made by the transformer of an earlier training."));
    }

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
        => _start.Network((TokensInput)prepared!, outputs, options.Dropout, pooling: null).ToSpec();

    /// <inheritdoc/>
    public override bool HasGivenStart => _start.IsPretrained;

    /// <inheritdoc/>
    public override string? StartRemark => _start.Remark;

    /// <inheritdoc/>
    public override void Start(Network network) => _start.Fill(network);

    /// <inheritdoc/>
    public override void SetRates(Network network) => _start.SetRates(network);

    /// <inheritdoc/>
    public override FrozenParameters Frozen(Network network) => _start.Frozen(network);

    /// <inheritdoc/>
    public override void Check()
    {
        RequireName(options.WordsColumnName, nameof(options.WordsColumnName), "Words");
        _start.Check();
        RequireTokens(options.MaxTokens, nameof(options.MaxTokens));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
        Require(options.Bags == 1, nameof(options.Bags), options.Bags, "1: networks that score each word are not averaged");
    }

    /// <inheritdoc/>
    public override void BeginReading(ITransformer? mapper) => (mapper as WordTokensTransformer)?.ResetCounts();

    /// <inheritdoc/>
    public override string? Advice(ITransformer? mapper) => (mapper as WordTokensTransformer)?.CutRemark(nameof(options.MaxTokens));

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper)
        =>
        [
            .. _start.Idle(UsualTokenizer, previous is not null, (mapper as WordTokensTransformer)?.Tokenizer),
            .. TextFamily.IdleLength(previous, options.MaxTokens),
        ];
}
