namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// What of a training is saved with its model: the JSON of <see cref="TrainingResult.ToJson"/>, in which of the committed steps at most
/// 2,000 are left, and of the epochs some 2,000; totals are those of the whole run. Every skipped step that the run has kept is left, so
/// that their bound is the run's own, 100,000 (<see cref="TrainingMetrics.Attempts"/>), some 8 MB; a run without skips takes at most some
/// 250 KB, before the model file is compressed. Of a fit of several runs each is kept so.
/// </summary>
internal static class SavedHistory
{
    /// <summary>Committed steps that are left.</summary>
    public const int MostSteps = 2000;

    /// <summary>Epochs that are left beside those of the steps that are, the best and the last.</summary>
    public const int MostEpochs = 2000;

    /// <summary>The text.</summary>
    /// <param name="result">The training.</param>
    public static string Write(TrainingResult result)
        => TrainingJson.Write(result, run =>
        {
            StepMetrics[] steps = Steps([.. run.History.SelectMany(epoch => epoch.Attempts)]);
            return (Epochs(run, steps), steps);
        });

    /// <summary>
    /// The skipped steps, and of each of as many stretches of the others those with the smallest and the largest loss; the first and the
    /// last too.
    /// </summary>
    private static StepMetrics[] Steps(StepMetrics[] all)
    {
        StepMetrics[] committed = [.. all.Where(step => !step.Skipped)];
        if (committed.Length <= MostSteps)
        {
            return all;
        }

        const int Stretches = (MostSteps / 2) - 1;
        int between = committed.Length - 2;
        HashSet<long> kept = [committed[0].Attempt, committed[^1].Attempt];
        for (int i = 0; i < Stretches; i++)
        {
            Span<StepMetrics> stretch = committed.AsSpan(1 + Start(i), Start(i + 1) - Start(i));
            kept.Add(Extreme(stretch, sign: 1).Attempt);
            kept.Add(Extreme(stretch, sign: -1).Attempt);
        }

        return [.. all.Where(step => step.Skipped || kept.Contains(step.Attempt))];

        int Start(int stretch) => (int)((long)between * stretch / Stretches);
    }

    private static StepMetrics Extreme(ReadOnlySpan<StepMetrics> stretch, int sign)
    {
        StepMetrics extreme = stretch[0];
        foreach (StepMetrics step in stretch)
        {
            extreme = sign * step.Loss < sign * extreme.Loss ? step : extreme;
        }

        return extreme;
    }

    private static TrainingMetrics[] Epochs(TrainingResult result, StepMetrics[] steps)
    {
        int every = (result.History.Count + MostEpochs - 1) / MostEpochs;
        HashSet<int> ofSteps = [.. steps.Select(step => step.Epoch)];
        return
        [
            .. result.History.Where((epoch, i) =>
                i % every == 0 || i == result.History.Count - 1 || epoch.Epoch == result.BestEpoch || ofSteps.Contains(epoch.Epoch)),
        ];
    }
}
