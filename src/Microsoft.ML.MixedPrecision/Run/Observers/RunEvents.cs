using System.Runtime.ExceptionServices;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Tells observers what happens, one after the other.</summary>
/// <param name="observers">Who is told, in this order.</param>
internal sealed class RunEvents(params IReadOnlyList<IRunObserver> observers)
{
    private readonly List<IRunObserver> _observers = [.. observers];
    private bool _hasFailed;
    private bool _hasEnded;

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

    /// <summary>Tells everybody of the end, once, whoever throws; later calls do nothing.</summary>
    /// <param name="ended">The end.</param>
    /// <exception cref="Exception">The first that an observer throws, after all were told; none after <see cref="Fail"/>.</exception>
    public void Ended(RunEnded ended)
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        ExceptionDispatchInfo? first = null;
        foreach (IRunObserver observer in _observers)
        {
            try
            {
                observer.OnEnded(ended);
            }
            catch (Exception e)
            {
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        if (!_hasFailed)
        {
            first?.Throw();
        }
    }

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
