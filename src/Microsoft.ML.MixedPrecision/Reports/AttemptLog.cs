namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// The attempted steps that a run keeps for people, bounded however long it is. Attempts 1, 1 + s, 1 + 2s, … are kept, where s is 1 until
/// they are too many and then doubles,
/// for the epochs that have ended too; beside them each epoch's last attempt, and, up to a number, those that were skipped or have another
/// loss scale than the one before.
/// </summary>
/// <param name="history">The epochs that have ended; their lists are replaced by thinner ones.</param>
/// <param name="most">Attempts of the first kind that are kept, and of the last.</param>
internal sealed class AttemptLog(IReadOnlyList<TrainingMetrics> history, int most = AttemptLog.MostOfAKind)
{
    /// <summary>About 8 MB of either kind; see <see cref="TrainingMetrics.Attempts"/>.</summary>
    public const int MostOfAKind = 100_000;

    private List<StepMetrics> _epoch = [];
    private StepMetrics? _last;
    private long _stride = 1;
    private long _eventsUntil = long.MaxValue;
    private int _events;
    private int _regular;

    /// <summary>Takes the next attempt.</summary>
    /// <param name="attempt">It.</param>
    public void Add(StepMetrics attempt)
    {
        bool isEvent = IsEvent(attempt, _last);
        _last = attempt;
        if (isEvent && ++_events == most)
        {
            _eventsUntil = attempt.Attempt;
        }

        if (!isEvent && !IsRegular(attempt))
        {
            return;
        }

        _epoch.Add(attempt);
        _regular += isEvent ? 0 : 1;
        while (_regular > most)
        {
            Thin();
        }
    }

    /// <summary>What is known between two attempts, beside the epochs that have ended.</summary>
    public AttemptLogState Capture() => new([.. _epoch], _last is null ? [] : [_last], _stride, _eventsUntil, _events, _regular);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What was known.</param>
    public void Resume(AttemptLogState state)
    {
        _epoch = [.. state.Epoch];

        // An epoch's last attempt is known by its identity.
        _last = state.Last.Count == 0 ? null : _epoch.Find(attempt => attempt.Attempt == state.Last[0].Attempt) ?? state.Last[0];
        (_stride, _eventsUntil, _events, _regular) = (state.Stride, state.EventsUntil, state.Events, state.Regular);
    }

    /// <summary>Ends an epoch of at least one attempt.</summary>
    /// <returns>What is kept of it, the last attempt at least.</returns>
    public IReadOnlyList<StepMetrics> EndEpoch()
    {
        StepMetrics last = _last!;
        StepMetrics[] kept = _epoch.Count > 0 && _epoch[^1] == last ? [.. _epoch] : [.. _epoch, last];
        _epoch = [];
        return kept;
    }

    /// <summary>Doubles s.</summary>
    private void Thin()
    {
        _stride *= 2;
        _regular = 0;
        StepMetrics? before = null;
        foreach (TrainingMetrics epoch in history)
        {
            epoch.Attempts = Thinned(epoch.Attempts, epoch.Attempts[^1], ref before).ToArray();
        }

        _epoch = Thinned(_epoch, last: null, ref before);
    }

    /// <summary>What s leaves of an epoch.</summary>
    /// <param name="attempts">What was kept.</param>
    /// <param name="last">The last attempt of an epoch that has ended.</param>
    /// <param name="before">The attempt that was kept before: the scale changed after it, or not at all, since all changes are
    /// kept.</param>
    private List<StepMetrics> Thinned(IReadOnlyList<StepMetrics> attempts, StepMetrics? last, ref StepMetrics? before)
    {
        var kept = new List<StepMetrics>();
        foreach (StepMetrics attempt in attempts)
        {
            bool isEvent = IsEvent(attempt, before), isRegular = !isEvent && IsRegular(attempt);
            before = attempt;
            _regular += isRegular ? 1 : 0;
            if (isEvent || isRegular || attempt == last)
            {
                kept.Add(attempt);
            }
        }

        return kept;
    }

    private bool IsRegular(StepMetrics attempt) => (attempt.Attempt - 1) % _stride == 0;

    private bool IsEvent(StepMetrics attempt, StepMetrics? before)
        => attempt.Attempt <= _eventsUntil && (attempt.Skipped || (before is not null && attempt.LossScale != before.LossScale));
}
