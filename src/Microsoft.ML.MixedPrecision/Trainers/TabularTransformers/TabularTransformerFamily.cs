using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Transformers whose tokens are the features and categories of a row.</summary>
/// <param name="options">The options.</param>
internal sealed class TabularTransformerFamily(TabularTransformerTrainerOptions options) : TableFamily
{
    private const int MostLayers = 64;
    private const int MostHidden = 1 << 16;

    private static readonly IdleOption<TabularTransformerTrainerOptions> Regularization = new(
        nameof(options.RegularizationSchedule),
        options => options.RegularizationSchedule,
        options => options is { Dropout: 0, AttentionDropout: 0, WeightDecay: 0 }
            ? "Dropout, AttentionDropout and WeightDecay are 0"
            : null,
        "Set one of them, or leave RegularizationSchedule out.");

    /// <inheritdoc/>
    protected override TableTrainerOptions Options => options;

    /// <inheritdoc/>
    public override string Text => $"Layers {options.Layers}, Width {options.Width}, Heads {options.Heads} and FeedForward {Hidden}";

    private int Hidden => options.FeedForward ?? 2 * options.Width;

    /// <inheritdoc/>
    public override void Check()
    {
        CheckTable();
        Require(options.Layers is >= 1 and <= MostLayers, nameof(options.Layers), options.Layers, $"from 1 to {MostLayers}, for example 3");
        Require(options.Width is >= 1 and <= CategoryEmbeddingSpec.MostColumns, nameof(options.Width), options.Width,
            $"from 1 to {CategoryEmbeddingSpec.MostColumns}, for example 192");
        Require(options.Heads >= 1 && options.Width % options.Heads == 0, nameof(options.Heads), options.Heads,
            $"a number that divides the Width of {options.Width}");
        Require(Hidden is >= 1 and <= MostHidden, nameof(options.FeedForward), Hidden,
            $"from 1 to {MostHidden}, or null for twice the Width");
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.1");
        Require(IsShare(options.AttentionDropout), nameof(options.AttentionDropout), options.AttentionDropout,
            "at least 0 and below 1, for example 0.2");
    }

    /// <inheritdoc/>
    public override NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories)
    {
        var kept = prepared as NumbersInput;
        return new TabularTransformer(
            NumbersInput.OfTable(
                inputs,
                kept?.Scaling ?? options.FeatureScaling,
                kept?.Missing ?? options.MissingValues,
                kept?.Indicated,
                categories.Count == 0 ? null : categories),
            options.Layers,
            options.Width,
            options.Heads,
            Hidden,
            outputs,
            options.Dropout,
            options.AttentionDropout).ToSpec();
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper)
        => ((string?[])[Regularization.Of(options), .. IdlePreparation(previous)]).OfType<string>();
}
