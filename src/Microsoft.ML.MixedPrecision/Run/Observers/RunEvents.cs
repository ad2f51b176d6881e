namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Tells observers what happens, one after the other.</summary>
/// <param name="observers">Who is told, in this order.</param>
internal sealed class RunEvents(params IReadOnlyList<IRunObserver> observers)
{
    private readonly List<IRunObserver> _observers = [.. observers];
    private bool _hasFailed;

    /// <summary>Adds observers behind those that there are.</summary>
    /// <param name="observers">They.</param>
    public void Add(params ReadOnlySpan<IRunObserver> observers) => _observers.AddRange(observers);

    /// <summary>From now on what observers throw is dropped: an exception is on its way already, and the others shall hear of it.</summary>
    public void Fail() => _hasFailed = true;

    /// <inheritdoc cref="IRunObserver.OnPlanned"/>
    public void Planned(RunPlanned planned) => Tell(observer => observer.OnPlanned(planned));

    /// <inheritdoc cref="IRunObserver.OnSteps"/>
    public void Steps(RunSteps steps) => Tell(observer => observer.OnSteps(steps));

    /// <inheritdoc cref="IRunObserver.OnSkipped"/>
    public void Skipped(StepSkipped skipped) => Tell(observer => observer.OnSkipped(skipped));

    /// <inheritdoc cref="IRunObserver.OnWarning"/>
    public void Warning(RunWarning warning) => Tell(observer => observer.OnWarning(warning));

    /// <inheritdoc cref="IRunObserver.OnEpoch"/>
    public void Epoch(TrainingMetrics epoch) => Tell(observer => observer.OnEpoch(epoch));

    /// <inheritdoc cref="IRunObserver.OnEnded"/>
    public void Ended(RunEnded ended) => Tell(observer => observer.OnEnded(ended));

    private void Tell(Action<IRunObserver> what)
    {
        foreach (IRunObserver observer in _observers)
        {
            try
            {
                what(observer);
            }
            catch (Exception) when (_hasFailed)
            {
                // The run has ended by another exception.
            }
        }
    }
}
