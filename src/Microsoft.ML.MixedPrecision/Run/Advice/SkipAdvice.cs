using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>
/// Says why steps are skipped and what to do, from what can be known: a weight decay that makes weights grow, weights beyond their format,
/// a large fixed loss scale, rows with extreme
/// numbers, and else from when it happened: before the first committed step no learning rate has had an effect yet.
/// </summary>
/// <param name="plan">The training.</param>
/// <param name="rule">Its loss scale.</param>
/// <param name="options">How it trains.</param>
/// <param name="train">Its rows.</param>
internal sealed class SkipAdvice(TrainingPlan plan, LossScaleRule rule, TrainingOptions options, RowStore train)
{
    /// <summary>A sixteenth of Float16's largest value: sums of a few such numbers leave its range.</summary>
    private const float Float16Limit = 4096;

    /// <summary>√(2¹²⁸): the square of a larger number, as in the squared error or the optimizer's second moment, exceeds Float32 and
    /// BFloat16.</summary>
    private const float Float32Limit = 18446744073709551616f;

    private ExampleExtremes? _extremes;

    /// <summary>Whether the scale stays, so that a skipped step tells of the data or the weights and not of the search for a
    /// scale.</summary>
    public bool IsScaleFixed => rule.Kind is LossScaleKind.None or LossScaleKind.Static;

    // Loss scaling is on exactly where the network has Float16.
    private bool HasFloat16 => rule.Kind != LossScaleKind.None;

    private float Limit => HasFloat16 ? Float16Limit : Float32Limit;

    /// <summary>One or two sentences.</summary>
    /// <param name="learnsNothing">Whether no step gets through any more, rather than a few being skipped.</param>
    public string Give(bool learnsNothing)
    {
        if (plan.State.Step > 0 && DecayAdvice.Of(options) is { } decay)
        {
            return decay;
        }

        if (plan.FirstOverflownWeight is { } name)
        {
            return Text($"'{name}' holds weights beyond the range of its format: lower LearningRate ({options.LearningRate}), ")
                + $"or normalise the features{OrBFloat16}.";
        }

        if (rule.Kind == LossScaleKind.Static && rule.InitialScale >= LossScaleRule.DefaultMaxScale)
        {
            return ScaleIsLarge;
        }

        if (OfRows() is { } cause)
        {
            return cause;
        }

        if (rule.Kind == LossScaleKind.Static && rule.InitialScale > 1)
        {
            return ScaleIsLarge;
        }

        if (plan.State.Step == 0)
        {
            return "It happened with the starting weights, which no learning rate has changed: normalise the features, and check labels "
                + $"and weights for large values{OrBFloat16}.";
        }

        return learnsNothing
            ? Text($"The training diverged after {Steps}: lower LearningRate ({options.LearningRate}), ")
                + $"limit the gradient with ClipNorm, or normalise the features{OrBFloat16}."
            : Text($"Normalise the features, lower LearningRate ({options.LearningRate}), ")
                + $"or limit the gradient with ClipNorm{OrBFloat16}.";
    }

    private string Steps => plan.State.Step == 1 ? "1 step" : Text($"{plan.State.Step} steps");

    private string OrBFloat16 => HasFloat16 ? ", or use PrecisionPolicy.MixedBFloat16, which has the range of Float32" : "";

    private string ScaleIsLarge
        => Text($"The fixed loss scale of {rule.InitialScale} multiplies every gradient, and Float16 ends at 65504: ")
            + "use LossScaling.Dynamic(), which lowers itself, or a smaller LossScaling.Static.";

    /// <summary>The cause in the rows, where a number is so large that it can be one; of several the largest.</summary>
    private string? OfRows()
    {
        _extremes ??= ExampleExtremes.Of(train, options.Loss.TargetKind);
        (float weight, float label, float feature) = (
            Math.Abs(_extremes.Weight.Value),
            Math.Abs(_extremes.Label.Value),
            Math.Abs(_extremes.Feature.Value));
        float largest = Math.Max(weight, Math.Max(label, feature));
        if (!(largest > Limit))
        {
            return null;
        }

        return largest == weight
            ? Text($"The largest example weight, its class's weight multiplied in, is {_extremes.Weight.Value} {Row(_extremes.Weight)}: ")
                + "divide all weights by a constant."
            : largest == label
            ? Text($"The largest label, as the network learns it, is {_extremes.Label.Value} {Row(_extremes.Label)}: ")
                + "divide the labels by a constant, or let the trainer standardize them."
            : Text($"The largest feature is {_extremes.Feature.Value} {Row(_extremes.Feature)}, slot {_extremes.Feature.Slot}: ")
                + "normalise the features, for example with Transforms.NormalizeMeanVariance, and correct or drop rows with impossible "
                + "values.";
    }

    private static string Row(Extreme extreme) => Text($"in row {extreme.Row} (counted from 0, rows without a label left out)");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
