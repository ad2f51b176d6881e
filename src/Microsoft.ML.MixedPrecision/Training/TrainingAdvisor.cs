using System.Globalization;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Watches a run for what a person should know, and says each thing once.</summary>
internal sealed class TrainingAdvisor
{
    /// <summary>Skips in a row at the smallest scale after which the run is called stuck.</summary>
    private const int StuckSkips = 10;

    private readonly TrainingPlan _plan;
    private readonly LossScaleRule _rule;
    private readonly Action<string> _log;
    private readonly List<string> _warnings = [];
    private bool _saidStuck;
    private bool _saidValidation;

    /// <summary>Starts watching.</summary>
    public TrainingAdvisor(TrainingPlan plan, LossScaleRule rule, Action<string> log)
    {
        _plan = plan;
        _rule = rule;
        _log = log;
    }

    /// <summary>What was said.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Looks at the options before the first step.</summary>
    public void AtStart(TrainingOptions options)
    {
        if (options.LossScaling.IsExplicit && _rule.Kind == LossScaleKind.None)
        {
            Warn($"LossScaling is '{options.LossScaling}', but '{options.Precision}' has no Float16 gradients to scale: it is not used.");
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
            string cause = _plan.FirstOverflownWeight is { } name ? $"'{name}' holds weights beyond the range of its format" : "nothing is learned";
            Warn(string.Create(CultureInfo.InvariantCulture, $"{StuckSkips} steps in a row were skipped at the smallest loss scale ({_plan.Scale.Scale}): {cause}. Lower the learning rate, normalise the features, or use PrecisionPolicy.MixedBFloat16."));
        }
    }

    /// <summary>Looks at what an epoch has shown.</summary>
    public void AfterValidation(TrainingMetrics epoch)
    {
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
        if (_plan.State.Step == 0 && _plan.State.Skips > 0)
        {
            Warn($"All {_plan.State.Skips} steps were skipped, since values were not finite: the model has its starting weights. Normalise the features or lower the learning rate.");
        }
        else if (lastEpochSkippedAll)
        {
            Warn("Every step of the last epoch was skipped, since values were not finite: training had stopped to learn, and the model may not score. Normalise the features or lower the learning rate.");
        }

        if (_plan.State.Updates > 0)
        {
            double share = (double)_plan.State.LostUpdates / _plan.State.Updates;
            Warn(string.Create(CultureInfo.InvariantCulture, $"Weights without Float32 masters (WeightUpdate.Plain): {share:P1} of all weight updates were smaller than half a unit of the 16-bit weight and got lost. Use WeightUpdate.Master to keep them."));
        }
    }

    private void Warn(string message)
    {
        _warnings.Add(message);
        _log(message);
    }
}
