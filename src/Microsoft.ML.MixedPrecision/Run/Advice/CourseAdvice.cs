using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>What the losses of a run tell: whether it ended lower than it began. Judged by the rows of the first step, of which the loss
/// before training is known; where all of these weigh 0, by those of the first step with others.</summary>
internal static class CourseAdvice
{
    /// <summary>How many times the loss before training is above it, whatever the rows.</summary>
    private const double FarAbove = 2;

    /// <summary>The same where all rows count alike and none has a loss that is far larger than others', so that no few of them are learned
    /// at the cost of the rest.</summary>
    private const double Above = 1.1;

    /// <summary>Steps before which a loss that has not fallen tells nothing.</summary>
    private const int FewestSteps = 10;

    /// <summary>A sentence with the remedy; null where the loss fell, or cannot be told.</summary>
    /// <param name="history">The epochs.</param>
    /// <param name="kept">Number, from 1, of the epoch whose weights the model has.</param>
    /// <param name="options">How it trained.</param>
    /// <param name="hasWeights">Whether rows have weights.</param>
    /// <param name="measure">Loss of the rows of a step of the first epoch, from 0, under the weights that the model has; called only where
    /// the course gives reason.</param>
    public static string? Of(
        IReadOnlyList<TrainingMetrics> history,
        int kept,
        TrainingOptions options,
        bool hasWeights,
        Func<int, double> measure)
    {
        if (history.Count == 0 || Untrained(history[0]) is not { } untrained || !(history[kept - 1].Loss >= untrained.Loss))
        {
            return null;
        }

        (int step, double before) = untrained;
        double after = measure(step);
        string losses = string.Create(CultureInfo.InvariantCulture, $"of the rows of "
            + $"{(step == 0 ? "the first step" : $"step {step + 1}, the first whose rows count,")} it was {before:G4} before training "
            + $"and is {after:G4} now");
        string rate = string.Create(CultureInfo.InvariantCulture, $"LearningRate {options.LearningRate}");
        bool canTell = history[kept - 1].Step >= FewestSteps, isEven = !hasWeights && options.Loss.CountsCorrect;
        if (after > FarAbove * before || (canTell && isEven && after > Above * before))
        {
            return $"The training loss ended above where it began: {losses}. "
                + (DecayAdvice.Of(options) ?? $"{rate} is too large for {options.Optimizer}: divide it by ten until the loss falls, or "
                    + $"begin with a warm-up (WarmupFraction).");
        }

        return canTell && after >= before && history[kept - 1].Loss >= history[0].Loss
            ? $"The training loss did not fall: {losses}. {rate} may be too large or too small, or the features tell nothing of the "
                + $"label: try other rates, normalise the features, and check the label column."
            : null;
    }

    /// <summary>
    /// The first step with a loss that is not 0, where that is finite: under the starting weights, since a loss of 0, of rows that weigh 0,
    /// has no
    /// gradient.
    /// </summary>
    private static (int Step, double Loss)? Untrained(TrainingMetrics first)
    {
        int step = first.Attempts.ToList().FindIndex(attempt => attempt.Loss != 0);
        return step >= 0 && float.IsFinite(first.Attempts[step].Loss) ? (step, first.Attempts[step].Loss) : null;
    }
}
