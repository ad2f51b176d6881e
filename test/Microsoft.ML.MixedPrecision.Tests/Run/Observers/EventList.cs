namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>An observer that keeps all events.</summary>
internal sealed class EventList : IRunObserver
{
    /// <summary>Called with each event, behind keeping it.</summary>
    public Action<object> Heard { get; init; } = _ => { };

    /// <summary>The time, for <see cref="Times"/>.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What was told, in order.</summary>
    public List<object> Told { get; } = [];

    /// <summary>When, since the beginning of time.</summary>
    public List<TimeSpan> Times { get; } = [];

    /// <summary>The attempted steps.</summary>
    public IEnumerable<StepMetrics> Steps => Of<RunSteps>().SelectMany(steps => steps.Steps);

    /// <summary>Events of a type.</summary>
    public IEnumerable<T> Of<T>() => Told.OfType<T>();

    public void OnPlanned(RunPlanned planned) => Keep(planned);

    public void OnSteps(RunSteps steps) => Keep(steps);

    public void OnSkipped(StepSkipped skipped) => Keep(skipped);

    public void OnWarning(RunWarning warning) => Keep(warning);

    public void OnEpoch(TrainingMetrics epoch) => Keep(epoch);

    public void OnEnded(RunEnded ended) => Keep(ended);

    private void Keep(object told)
    {
        Told.Add(told);
        Times.Add(Time.GetElapsedTime(0));
        Heard(told);
    }
}
