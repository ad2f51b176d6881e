namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Tells which run an epoch is of.</summary>
internal sealed class RunWatch : IRunObserver
{
    private int _run;

    public Action<RunPlanned> OfPlan { get; init; } = _ => { };

    public Action<int, TrainingMetrics> OfEpoch { get; init; } = (_, _) => { };

    public Action<RunEnded> OfEnd { get; init; } = _ => { };

    public void OnPlanned(RunPlanned planned)
    {
        _run = planned.Run;
        OfPlan(planned);
    }

    public void OnEpoch(TrainingMetrics epoch) => OfEpoch(_run, epoch);

    public void OnEnded(RunEnded ended) => OfEnd(ended);

    /// <summary>Asks for a stop after an epoch.</summary>
    public static void Stop(bool now, TrainingMetrics epoch)
    {
        if (now)
        {
            epoch.RequestStop();
        }
    }

    /// <summary>Cancels a fit.</summary>
    public static void Cancel(bool now, CancellationTokenSource source)
    {
        if (now)
        {
            source.Cancel();
        }
    }
}
