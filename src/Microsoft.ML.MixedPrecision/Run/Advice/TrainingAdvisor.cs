using System.Globalization;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>Watches a run for what a person should know, and says each thing once.</summary>
/// <remarks>
/// Skipped steps are part of a dynamic loss scale's search, and worth a word only when nothing is learned any more. Where the scale stays,
/// or there
/// is none, each of them is a step whose rows were lost, and is told of at the end.
/// </remarks>
internal sealed partial class TrainingAdvisor : IRunObserver
{
    /// <summary>Skips in a row at the smallest scale after which the run is called stuck.</summary>
    private const int StuckSkips = 10;

    private readonly TrainingPlan _plan;
    private readonly LossScaleRule _rule;
    private readonly TrainingOptions _options;
    private readonly Action<RunWarning> _tell;
    private readonly List<RunWarning> _warnings = [];
    private readonly RowStore _train;
    private readonly SkipTally _skips = new();
    private readonly RepeatedSkips _repeated = new();
    private readonly SkipAdvice _advice;
    private string? _given;
    private long _retriesEnded;
    private long _lost;
    private int _epochsWithLost;
    private bool _saidStuck;
    private bool _saidRepeated;
    private bool _saidValidation;

    /// <summary>Starts watching.</summary>
    /// <param name="plan">The training.</param>
    /// <param name="rule">Its loss scale.</param>
    /// <param name="options">How it trains.</param>
    /// <param name="train">Its rows, looked at only to explain a failure.</param>
    /// <param name="tell">Receives each warning.</param>
    public TrainingAdvisor(TrainingPlan plan, LossScaleRule rule, TrainingOptions options, RowStore train, Action<RunWarning> tell)
    {
        _plan = plan;
        _rule = rule;
        _options = options;
        _tell = tell;
        _train = train;
        _advice = new SkipAdvice(plan, rule, options, train);
    }

    /// <summary>What was said.</summary>
    public IReadOnlyList<RunWarning> Warnings => _warnings;

    /// <summary>The epoch that runs, from 1; 0 before the first.</summary>
    public int Epoch { get; set; }

    /// <summary>Says what a person should know.</summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="message">It; null for nothing.</param>
    public void Warn(RunWarningKind kind, string? message)
    {
        if (message is not null)
        {
            var warning = new RunWarning { Kind = kind, Message = message, Epoch = Epoch, Attempt = _plan.Run.Attempts };
            _warnings.Add(warning);
            _tell(warning);
        }
    }

    /// <summary>Looks at the options before the first step, for wishes that change nothing.</summary>
    /// <param name="network">The network.</param>
    /// <param name="schedule">The course of the learning rate.</param>
    public void AtStart(Network network, RateSchedule schedule)
    {
        foreach (string idle in IdleWishes.Of(network, _options.Precision))
        {
            Warn(RunWarningKind.IdleOption, idle);
        }

        if (_options.LossScaling.IsExplicit && _rule.Kind == LossScaleKind.None)
        {
            Warn(
                RunWarningKind.IdleOption,
                $"LossScaling is '{_options.LossScaling}', but under the policy '{_options.Precision}' this network has no Float16 "
                + $"gradients to scale, so that it changes nothing. Use a policy such as PrecisionPolicy.MixedFloat16, or leave "
                + $"LossScaling at Auto.");
        }

        if (_options.RetryPasses is > 0 and not TrainingOptions.DefaultRetryPasses && !_options.LossScaling.RunsSkippedStepsAgain(_rule))
        {
            string cause = _rule.Kind == LossScaleKind.None ? "no layer is in Float16" : $"LossScaling is '{_options.LossScaling}'";
            Warn(
                RunWarningKind.IdleOption,
                $"RetryPasses is {_options.RetryPasses}, but {cause}, where no step runs again, so that it changes nothing. Use "
                + $"LossScaling.Auto under a policy with Float16, or leave RetryPasses out.");
        }

        if (_options.WarmupFraction > 0 && schedule.IsWarmupIdle)
        {
            Warn(
                RunWarningKind.IdleOption,
                string.Create(CultureInfo.InvariantCulture, $"WarmupFraction is {_options.WarmupFraction}, but of {schedule.Steps} "
                + $"steps that is {schedule.WarmupSteps}, which has the full rate as without it, so that it changes nothing. Raise "
                + $"WarmupFraction, or leave it at 0."));
        }
    }

    /// <summary>Looks at the states after a step of an epoch's first pass. (Those of later passes were chosen because they were
    /// skipped.)</summary>
    /// <exception cref="InvalidOperationException">The loss scale is 0 or infinite, or the rule ends the run at its floor, as DeepSpeed's
    /// does.</exception>
    public void AfterStep()
    {
        if (_plan.Scale.HasFailed)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                $"The loss scale reached {_plan.Scale.Scale} after {_plan.Run.Attempts} steps, and the rule '{_rule}' cannot go on "
                    + $"from there. Lower the learning rate, normalise the features, or use LossScaling.Dynamic() or "
                    + $"PrecisionPolicy.MixedBFloat16."));
        }

        if (!_saidStuck && SkipsAtFloor >= StuckSkips)
        {
            _saidStuck = true;
            Warn(
                RunWarningKind.NothingLearned,
                $"{StuckSkips} steps in a row were skipped{AtScale}, since {SkipTally.Sentence(_plan.NonFinitePlace)}: nothing is "
                + $"learned.{Advice(learnsNothing: true)}");
        }
    }

    /// <summary>Looks at an epoch's skipped steps: whether some were lost, and whether they have rows in common with earlier
    /// ones.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="passes">Its passes, all of them done.</param>
    public void AfterPasses(int epoch, EpochPasses passes)
    {
        _retriesEnded = passes.Retry > 0 ? _plan.Run.Attempts : _retriesEnded;
        SkippedStep[] lost = passes.Retry > 0 && float.IsFinite(passes.SmallestCommittedScale) ? [.. passes.Lost] : [];
        if (lost.Length > 0)
        {
            _lost += lost.Length;
            if (_epochsWithLost++ == 0)
            {
                WarnOfLost(epoch, passes, lost);
            }
        }

        _repeated.Add([.. passes.FirstSkipped.SelectMany(step => passes.RowsOf(step).ToArray())], passes.Rows);
        if (!_saidRepeated && _repeated.AreTheCause)
        {
            _saidRepeated = true;
            Warn(
                RunWarningKind.RepeatedSkips,
                $"In each of the last {_repeated.Epochs} epochs that skipped steps, {RowNumbers.Text(_repeated.Rows, _train)} "
                + $"{(_repeated.Rows.Count == 1 ? "was in one of them" : "were in them")}, since {SkipTally.Of(passes.FirstSkipped)}: "
                + $"such rows overflow again and again. "
                + (lost.Length == 0 && passes.Retry > 0
                    ? "They were learned when their steps ran again."
                    : "Nothing is learned of their steps.")
                + Advice(learnsNothing: false));
        }
    }

    /// <summary>Takes note of an epoch's skipped steps, and looks at its validation loss.</summary>
    /// <param name="epoch">The epoch.</param>
    public void OnEpoch(TrainingMetrics epoch)
    {
        _skips.Add(epoch);
        if (!_saidValidation && epoch.ValidationLoss is { } loss && !double.IsFinite(loss))
        {
            _saidValidation = true;
            string cause = double.IsFinite(epoch.Loss)
                ? "the network's scores of some validation rows are beyond Float32, though those of the training rows are not. Look "
                    + "for features in the validation rows that are far larger than in the training rows, or normalise both with the "
                    + "same transformer"
                : "so is the training loss. Normalise the features or lower the learning rate";
            Warn(
                RunWarningKind.ValidationLoss,
                string.Create(CultureInfo.InvariantCulture, $"The validation loss of epoch {epoch.Epoch} is {loss}: {cause}. Epochs "
                + $"whose validation loss is not finite are never taken for the best, nor counted by EarlyStoppingPatience before one is "
                + $"finite."));
        }
        else if (!_saidValidation && epoch.ValidationAuc is { } area && double.IsNaN(area))
        {
            _saidValidation = true;
            Warn(
                RunWarningKind.ValidationLoss,
                "BestEpochMetric is Auc, but the validation rows are all of one class, so that there is no area under the curve and no "
                    + "epoch is taken for the best. Validate with rows of several classes, or set BestEpochMetric to Loss.");
        }
    }

    /// <summary>Looks at the totals after the last step.</summary>
    /// <param name="lastEpochSkippedAll">Whether no step of the last epoch changed a weight.</param>
    public void AtEnd(bool lastEpochSkippedAll)
    {
        (long skips, long steps) = (_plan.State.Skips, _plan.State.Step);
        if (steps == 0 && skips > 0)
        {
            Warn(
                RunWarningKind.NothingLearned,
                $"All {skips} steps were skipped, since {_skips}: the model has its starting weights.{Advice(learnsNothing: true)}");
        }
        else if (lastEpochSkippedAll)
        {
            Warn(
                RunWarningKind.NothingLearned,
                $"Every step of the last epoch was skipped, {skips} of {steps + skips} in all, since {_skips}: training had stopped "
                + $"to learn, and the model may not score.{Advice(learnsNothing: true)}");
        }
        else if (skips > 0 && _advice.IsScaleFixed)
        {
            Warn(
                RunWarningKind.SkippedSteps,
                $"{skips} of {steps + skips} steps were skipped, since {_skips}: nothing was learned of their rows, some of which may "
                + $"score NaN or infinity.{Advice(learnsNothing: false)}");
        }

        if (_epochsWithLost > 1)
        {
            Warn(
                RunWarningKind.SkippedSteps,
                $"In {_epochsWithLost} epochs {_lost} steps were skipped in every attempt: nothing was learned of their rows "
                + $"there.{Advice(learnsNothing: false)}");
        }

        if (_plan.State.Updates > 0)
        {
            double share = (double)_plan.State.LostUpdates / _plan.State.Updates;
            Warn(RunWarningKind.LostUpdates, string.Create(
                CultureInfo.InvariantCulture,
                $"Weights without Float32 masters (WeightUpdate.Plain): {share:P1} of all weight updates were smaller than half a unit ")
                + "of the 16-bit weight and got lost. Use WeightUpdate.Master to keep them.");
        }
    }

    private string AtScale => _rule.Kind switch
    {
        LossScaleKind.None => "",
        LossScaleKind.Static => string.Create(CultureInfo.InvariantCulture, $" at the fixed loss scale ({_plan.Scale.Scale})"),
        LossScaleKind.Dynamic or LossScaleKind.DeepSpeed => string.Create(CultureInfo.InvariantCulture,
            $" at the smallest loss scale ({_plan.Scale.Scale})"),
        _ => throw UnknownValue.Of(_rule.Kind),
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

    /// <summary>Skips in a row in first passes; those of the passes that run steps again are left out, which a card's states may still
    /// hold.</summary>
    private long SkipsAtFloor
        => _retriesEnded == 0
            ? _plan.Scale.ConsecutiveSkipsAtFloor
            : Math.Min(_plan.Scale.ConsecutiveSkipsAtFloor, _plan.Run.Attempts - _retriesEnded);

    private void WarnOfLost(int epoch, EpochPasses passes, SkippedStep[] lost)
    {
        int[] rows = [.. lost.SelectMany(step => passes.RowsOf(step).ToArray())];
        string steps = lost.Length == 1 ? "1 step was" : $"{lost.Length} steps were";
        Warn(
            RunWarningKind.SkippedSteps,
            string.Create(CultureInfo.InvariantCulture, $"{steps} skipped in epoch {epoch}, and again in up to {passes.Retry} "
            + $"{(passes.Retry == 1 ? "pass" : "passes")} over skipped steps, the last time under a loss scale of {passes.LastScale}, "
            + $"since {SkipTally.Of(lost)}: nothing was learned of {RowNumbers.Text(rows, _train)}.{Advice(learnsNothing: false)}"));
    }
}
