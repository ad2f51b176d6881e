using System.Globalization;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Watches a run for what a person should know, and says each thing once.</summary>
/// <remarks>
/// Skipped steps are part of a dynamic loss scale's search, and worth a word only when nothing is learned any more. Where the scale stays, or there
/// is none, each of them is a step whose rows were lost, and is told of at the end.
/// </remarks>
internal sealed class TrainingAdvisor
{
    /// <summary>Skips in a row at the smallest scale after which the run is called stuck.</summary>
    private const int StuckSkips = 10;

    private readonly TrainingPlan _plan;
    private readonly LossScaleRule _rule;
    private readonly TrainingOptions _options;
    private readonly Action<string> _log;
    private readonly List<string> _warnings = [];
    private readonly SkipTally _skips = new();
    private readonly SkipAdvice _advice;
    private string? _given;
    private bool _saidStuck;
    private bool _saidValidation;

    /// <summary>Starts watching.</summary>
    /// <param name="plan">The training.</param>
    /// <param name="rule">Its loss scale.</param>
    /// <param name="options">How it trains.</param>
    /// <param name="train">Its rows, looked at only to explain a failure.</param>
    /// <param name="log">Receives each warning.</param>
    public TrainingAdvisor(TrainingPlan plan, LossScaleRule rule, TrainingOptions options, ExampleStore train, Action<string> log)
    {
        _plan = plan;
        _rule = rule;
        _options = options;
        _log = log;
        _advice = new SkipAdvice(plan, rule, options, train);
    }

    /// <summary>What was said.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Looks at the options before the first step, for wishes that change nothing.</summary>
    /// <param name="network">The network.</param>
    public void AtStart(Network network)
    {
        foreach (string idle in IdleWishes.Of(network, _options.Precision))
        {
            Warn(idle);
        }

        if (_options.LossScaling.IsExplicit && _rule.Kind == LossScaleKind.None)
        {
            Warn($"LossScaling is '{_options.LossScaling}', but under the policy '{_options.Precision}' this network has no Float16 gradients to scale: it is not used.");
        }
    }

    /// <summary>Looks at the states after a step.</summary>
    /// <exception cref="InvalidOperationException">The loss scale is 0 or infinite, or the rule ends the run at its floor, as DeepSpeed's does.</exception>
    public void AfterStep()
    {
        if (_plan.Scale.HasFailed)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The loss scale reached {_plan.Scale.Scale} after {_plan.Run.Attempts} steps, and the rule '{_rule}' cannot go on from there. Lower the learning rate, normalise the features, or use LossScaling.Dynamic() or PrecisionPolicy.MixedBFloat16."));
        }

        if (!_saidStuck && _plan.Scale.ConsecutiveSkipsAtFloor >= StuckSkips)
        {
            _saidStuck = true;
            Warn($"{StuckSkips} steps in a row were skipped{AtScale}, since {SkipTally.Sentence(_plan.NonFinitePlace)}: nothing is learned.{Advice(learnsNothing: true)}");
        }
    }

    /// <summary>Takes note of an epoch's skipped steps, and looks at its validation loss.</summary>
    /// <param name="epoch">The epoch.</param>
    public void AfterEpoch(TrainingMetrics epoch)
    {
        _skips.Add(epoch);
        if (!_saidValidation && epoch.ValidationLoss is { } loss && !double.IsFinite(loss))
        {
            _saidValidation = true;
            string cause = double.IsFinite(epoch.Loss)
                ? "the network's scores of some validation rows are beyond Float32, though those of the training rows are not. Look for features in the validation rows that are far larger than in the training rows, or normalise both with the same transformer"
                : "so is the training loss. Normalise the features or lower the learning rate";
            Warn(string.Create(CultureInfo.InvariantCulture, $"The validation loss of epoch {epoch.Epoch} is {loss}: {cause}. Epochs whose validation loss is not finite are never taken for the best, nor counted by EarlyStoppingPatience before one is finite."));
        }
    }

    /// <summary>Looks at the totals after the last step.</summary>
    /// <param name="lastEpochSkippedAll">Whether no step of the last epoch changed a weight.</param>
    public void AtEnd(bool lastEpochSkippedAll)
    {
        (long skips, long steps) = (_plan.State.Skips, _plan.State.Step);
        if (steps == 0 && skips > 0)
        {
            Warn($"All {skips} steps were skipped, since {_skips}: the model has its starting weights.{Advice(learnsNothing: true)}");
        }
        else if (lastEpochSkippedAll)
        {
            Warn($"Every step of the last epoch was skipped, {skips} of {steps + skips} in all, since {_skips}: training had stopped to learn, and the model may not score.{Advice(learnsNothing: true)}");
        }
        else if (skips > 0 && _advice.IsScaleFixed)
        {
            Warn($"{skips} of {steps + skips} steps were skipped, since {_skips}: nothing was learned of their rows, some of which may score NaN or infinity.{Advice(learnsNothing: false)}");
        }

        if (_plan.State.Updates > 0)
        {
            double share = (double)_plan.State.LostUpdates / _plan.State.Updates;
            Warn(string.Create(CultureInfo.InvariantCulture, $"Weights without Float32 masters (WeightUpdate.Plain): {share:P1} of all weight updates were smaller than half a unit of the 16-bit weight and got lost. Use WeightUpdate.Master to keep them."));
        }
    }

    private string AtScale => _rule.Kind switch
    {
        LossScaleKind.None => "",
        LossScaleKind.Static => string.Create(CultureInfo.InvariantCulture, $" at the fixed loss scale ({_plan.Scale.Scale})"),
        _ => string.Create(CultureInfo.InvariantCulture, $" at the smallest loss scale ({_plan.Scale.Scale})"),
    };

    /// <summary>The advice, behind a space, unless it was given already.</summary>
    private string Advice(bool learnsNothing)
    {
        string advice = _advice.Give(learnsNothing);
        if (advice == _given)
        {
            return "";
        }

        _given = advice;
        return " " + advice;
    }

    private void Warn(string message)
    {
        _warnings.Add(message);
        _log(message);
    }
}
