using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run;

/// <content>The steps of an epoch, pass by pass.</content>
internal sealed partial class TrainingLoop
{
    /// <summary>All passes of an epoch.</summary>
    /// <returns>Whether they were run; false where the run is to stop before one of their steps.</returns>
    private bool RunPasses(TrainingRun run, int[] order, LossScaleRule rule, Action checkAlive)
    {
        int retries = _options.LossScaling.RunsSkippedStepsAgain(rule) ? _options.RetryPasses : 0;
        EpochPasses passes = run.BeginEpoch(order, new RowParts(_order.TrainRows, _options.StepRows), retries);
        do
        {
            if (!RunPass(run, passes, checkAlive))
            {
                return false;
            }

            run.StepsOfPass = 0;
        }
        while (passes.TryBeginNext(rule, run.Plan.Run.Attempts));

        RestoreScale(run.Plan, passes);
        return true;
    }

    /// <summary>One pass over an epoch's steps, or over those of them that run again, until all its records are here.</summary>
    /// <returns>Whether it was run; false where the run is to stop before one of its steps.</returns>
    private bool RunPass(TrainingRun run, EpochPasses passes, Action checkAlive)
    {
        int at = passes.StartOf(run.StepsOfPass);
        run.Plan.Steps.BeginEpoch(_train, passes.Order, at);
        while (run.StepsOfPass < passes.Count)
        {
            CheckAlive(run, checkAlive);
            if (run.Stop.IsRequested)
            {
                return false;
            }

            ReadOnlySpan<int> rows = passes.Order.AsSpan(at, passes.RowsOf(run.StepsOfPass));
            Step(run, rows, ends: run.StepsOfPass == passes.Count - 1);
            at += rows.Length;
            run.StepsOfPass++;
            LookAt(passes, run.Advisor);
            run.Feed.AfterStep(run.Attempts);
            if (Checkpoints?.IsDue(run.Attempts, epochEnds: false) == true)
            {
                Checkpoints.Save(run.Capture());
            }
        }

        run.Plan.Steps.Synchronize();
        LookAt(passes, run.Advisor);
        run.Feed.Deliver();
        return true;
    }

    /// <summary>Leaves a checkpoint where the run is cancelled.</summary>
    private void CheckAlive(TrainingRun run, Action checkAlive)
    {
        try
        {
            checkAlive();
        }
        catch (OperationCanceledException)
        {
            run.IsCanceled = true;
            Checkpoints?.Save(run.Capture());
            throw;
        }
    }

    private static void LookAt(EpochPasses passes, TrainingAdvisor advisor)
    {
        if (passes.Retry == 0)
        {
            advisor.AfterStep();
        }
    }

    /// <summary>Takes back halvings of the loss scale that helped no step: those of rows whose gradient no scale can hold, and under which
    /// others' gradients would become 0.</summary>
    private static void RestoreScale(TrainingPlan plan, EpochPasses passes)
    {
        bool hasLost = passes.Retry > 0 && passes.Lost.Any();
        if (hasLost && float.IsFinite(passes.SmallestCommittedScale) && passes.SmallestCommittedScale > plan.Scale.Scale)
        {
            plan.Records.SetScale(passes.SmallestCommittedScale);
        }
    }

    /// <summary>One step.</summary>
    /// <param name="run">Counts it.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="ends">Whether a pass of an epoch ends with it: measured too, so that the ranges are those of the weights that a model
    /// may keep.</param>
    private void Step(TrainingRun run, ReadOnlySpan<int> rows, bool ends)
    {
        bool measure = _options.RangeProbeInterval > 0 && (ends || run.Attempts % _options.RangeProbeInterval == 0);
        run.Attempts++;
        run.Plan.Steps.Take(new StepRequest(rows.Length)
        {
            Positions = checked((int)_train.PositionsOf(rows)),
            LearningRate = _options.LearningRate,
            Measure = measure,
        });
    }
}
