using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Run;

/// <content>How a run ends: by itself, stopped between two steps, or by an exception; and what is kept of it.</content>
internal sealed partial class TrainingLoop
{
    private RunEnd AllDone
        => new(_options.LastEpoch == 1 ? "the only epoch done" : $"all {_options.LastEpoch} epochs done", IsEarly: false);

    private static string Epochs(int count) => count == 1 ? "1 epoch" : $"{count} epochs";

    /// <summary>Where a run stands: <c>in epoch 3 after 17 of 40 steps</c>.</summary>
    private static string Where(TrainingRun run) => run.Passes is not { } passes || run.History.AttemptsOfEpoch == 0
        ? run.History.Ended.Count == 0 ? "before the first step" : $"after epoch {run.History.Ended.Count}"
        : passes.Retry == 0
        ? $"in epoch {run.History.Ended.Count + 1} after {run.StepsOfPass} of {passes.Count} steps"
        : $"in epoch {run.History.Ended.Count + 1}, in pass {passes.Retry} over skipped steps";

    /// <summary>Whether the run ends with an epoch.</summary>
    private RunEnd? EndAfter(TrainingMetrics epoch)
        => epoch.StopRequested ? new RunEnd($"stop requested after epoch {epoch.Epoch}", IsEarly: true)
            : _best is { IsExhausted: true }
            ? new RunEnd($"{Epochs(_options.EarlyStoppingPatience)} without a {_options.BestEpochMetric.Better()}", IsEarly: true)
            : epoch.Epoch == _options.LastEpoch ? AllDone
            : null;

    /// <summary>Stops between two steps of an epoch: what of it was done is validated and told of as an epoch is. The checkpoint comes
    /// first, so that a run that goes on from it is one that was never stopped.</summary>
    private void StopWithin(TrainingRun run, int epoch)
    {
        run.Settle();
        Checkpoints?.Save(run.Capture());
        (run.IsInterrupted, string reason) = (true, $"stopped {Where(run)}");
        if (run.History.AttemptsOfEpoch > 0)
        {
            EndEpoch(run, epoch, run.Passes!.RowsOfFirst(run.History.AttemptsOfEpoch));
        }

        run.End = new RunEnd(reason, IsEarly: true);
        run.Advisor.Warn(RunWarningKind.LostGradient, run.Gradients.Look(run.Plan, isLast: true));
    }

    /// <summary>The result of a run that has ended by itself or was stopped. The last checkpoint is kept before anything that a resumed run
    /// does again.</summary>
    private TrainingResult Finish(TrainingRun run, RunCheckpoint? from, Action checkAlive)
    {
        run.End ??= AllDone;
        if (Checkpoints is not null && !run.IsInterrupted && from is not { IsFinished: true })
        {
            Checkpoints.Save(run.Capture());
        }

        if (_validation is null)
        {
            run.Plan.Store();
        }

        var timings = new TrainingTimings { Staging = run.Staged, Training = run.Elapsed };
        CheckAliveAtEnd(run, checkAlive);
        bool restore = _best?.Epoch is not null && (run.End.IsEarly || _options.EarlyStoppingPatience > 0);
        if (restore)
        {
            _best!.Restore();
        }

        SayLastWords(run, restore);
        TrainingResult result = ToResult(run, run.End.Reason, restore, timings);
        Complete(result);
        bool isStopped = run.IsInterrupted || run.History.Ended is [.., { StopRequested: true }];
        run.Events.Ended(new RunEnded
        {
            Ending = isStopped ? RunEnding.Stopped : RunEnding.Finished,
            Reason = result.StopReason,
            Result = result,
        });
        return result;
    }

    private static void CheckAliveAtEnd(TrainingRun run, Action checkAlive)
    {
        try
        {
            checkAlive();
        }
        catch (OperationCanceledException)
        {
            run.IsCanceled = true;
            throw;
        }
    }

    private void SayLastWords(TrainingRun run, bool restored)
    {
        TrainingHistory history = run.History;
        run.Advisor.AtEnd(history.LastEpochSkippedAll);
        int kept = restored ? _best!.Epoch!.Value : history.Ended.Count;
        run.Advisor.Warn(
            RunWarningKind.Course,
            history.LastEpochSkippedAll ? null : CourseAdvice.Of(history.Ended, kept, _options, _train.HasWeights, LossOfStep));
    }

    /// <summary>Attaches to an exception what the run had learned, and tells of the end. Nothing here may hide that exception: of a card
    /// that is lost there is what had arrived from it.</summary>
    private void KeepUnfinished(TrainingRun run, Exception error)
    {
        run.Events.Fail();
        var timings = new TrainingTimings { Staging = run.Staged, Training = run.Elapsed };
        bool isKept = Try(run.Settle) && KeepsUnfinished && Try(run.Plan.Store);
        bool restore = isKept && _best?.Epoch is not null;
        if (restore)
        {
            _best!.Restore();
        }

        string reason = run.IsCanceled ? $"canceled {Where(run)}" : $"failed {Where(run)}: {error.Message}";
        int attempts = run.History.AttemptsOfEpoch;
        if (attempts > 0 && run.Passes is { } passes)
        {
            run.History.EndEpoch(_order.TrainRows, run.ElapsedOfEpoch, validation: null, passes.RowsOfFirst(attempts));
        }

        TrainingResult result = ToResult(run, reason, restore, timings);
        isKept = Try(() => Complete(result)) && isKept;
        UnfinishedRun.Attach(error, new UnfinishedRun(result, isKept ? _network : null, run.IsCanceled));
        run.Events.Ended(new RunEnded
        {
            Ending = run.IsCanceled ? RunEnding.Canceled : RunEnding.Failed,
            Reason = run.IsCanceled ? reason : error.Message,
            Result = result,
            Error = error,
        });
    }

    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private TrainingResult ToResult(TrainingRun run, string reason, bool restored, TrainingTimings timings)
    {
        TrainingResult result = run.History.ToResult(_options, _device, run.Advisor.Warnings, reason, _best?.Epoch, restored);
        result.Timings = timings;
        result.ValidationRows = _validation?.Rows ?? 0;
        return result;
    }
}
