using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>What ends a training before it begins, or while it runs.</content>
internal sealed partial class NetworkTraining
{
    private void CheckAlive()
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        mlHost.CheckAlive();
    }

    private void CheckEarlyStopping(bool validates)
    {
        if (Refit is not null)
        {
            return;
        }

        if (options.BestEpochMetric != BestEpochMetric.Loss && !validates)
        {
            Advise(
                RunWarningKind.IdleOption,
                $"BestEpochMetric is {options.BestEpochMetric}, but no rows validate, so that it changes nothing. Set ValidationSet or "
                    + "ValidationFraction, call Fit(train, validation), or leave BestEpochMetric at Loss.");
        }

        if (options.EarlyStoppingPatience > 0 && !validates)
        {
            throw new InvalidOperationException($"EarlyStoppingPatience is {options.EarlyStoppingPatience}, but there are no "
                + $"validation rows to tell when to stop: a tenth is held back unasked only of {TrainingSplit.LeastRows} labelled rows "
                + $"or more. Set ValidationSet or ValidationFraction, call Fit(train, validation), or set EarlyStoppingPatience to 0.");
        }
    }

    /// <summary>Whether a run on all rows comes after this one, unless somebody stops it.</summary>
    private bool WillRefit(TrainingSplit split) => options.RefitOnAll && Refit is null && split.HeldBack.Length > 0;

    private string? IdleRefit(TrainingSplit split)
        => options.RefitOnAll && !WillRefit(split)
            ? "RefitOnAll is True, but no training rows are held back, so that it changes nothing. Set ValidationFraction, or leave "
                + "RefitOnAll at false."
            : null;

    /// <summary>Settles what the rows decide, and says it.</summary>
    /// <param name="split">The rows.</param>
    /// <param name="validates">Whether rows validate.</param>
    /// <param name="asksNobody">Whether nobody said which.</param>
    private SettledCourse Settle(TrainingSplit split, bool validates, bool asksNobody)
    {
        if (Refit is { } refit)
        {
            return refit.Course with { Patience = 0 };
        }

        SettledCourse course = SettledCourse.Of(options, split.TrainRows, validates);
        Advise(RunWarningKind.IdleOption, IdleRefit(split));
        Advise(RunWarningKind.IdleOption, course.IdleCheckpoint(options.Checkpoint));
        if (asksNobody)
        {
            channel.Info(split.Remark(course.Patience, course.Epochs, options.BestEpochMetric));
        }

        if (course.Remark(options, split.TrainRows) is { } remark)
        {
            channel.Info(remark);
        }

        return course;
    }
}
