namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// When the host asks a card for the records of its steps, and how far it may run ahead of those that it has: by time, so that what a step
/// recorded reaches people while the run goes on. The host launches steps faster than a card computes them; a copy that is asked for
/// behind all of them would arrive with the last. So the host stays at most <see cref="Ahead"/> ahead, at the pace in which records came
/// lately, and asks twice in that time. Where it waits, it is for a copy behind which other steps lie, so that the card never waits.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class PullPace(TimeProvider time)
{
    /// <summary>Steps that the host may always be ahead: one runs while the next one is launched.</summary>
    public const int FewestAhead = 2;

    /// <summary>Steps that the host may be ahead at most, so that no record is overwritten.</summary>
    public const int MostAhead = StepMemory.RingCapacity / 2;

    /// <summary>Time that the host runs ahead.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Between = Ahead / 2;

    private long _seen;
    private long _begun;
    private long _begunAt = time.GetTimestamp();
    private long? _seenAt;

    /// <summary>Steps that the host may be ahead now.</summary>
    public int MostSteps { get; private set; } = FewestAhead;

    /// <summary>Whether a copy was asked for and has not arrived.</summary>
    public bool IsPulling { get; private set; }

    /// <summary>All records up to an attempt are here, by other ways: whatever was asked for has nothing new.</summary>
    /// <param name="attempts">Attempts so far.</param>
    public void Reset(long attempts) => (_seen, _begun, _seenAt, IsPulling) = (attempts, attempts, null, false);

    /// <summary>Whether to wait for the copy that was asked for, after the last launch.</summary>
    /// <param name="attempts">Attempts that were launched.</param>
    public bool MustWait(long attempts) => IsPulling && attempts - _seen >= MostSteps;

    /// <summary>Whether to look if the copy that was asked for has arrived: not after each of many short steps, since looking takes a
    /// call of the driver.</summary>
    /// <param name="attempts">Attempts that were launched.</param>
    public bool IsToLook(long attempts) => IsPulling && (attempts - _begun) % Math.Max(1, MostSteps / 8) == 0;

    /// <summary>Whether to ask for a copy.</summary>
    /// <param name="attempts">Attempts that were launched.</param>
    public bool IsDue(long attempts)
        => !IsPulling && attempts > _begun && (attempts - _begun >= MostSteps / 2 || time.GetElapsedTime(_begunAt) >= Between);

    /// <summary>A copy was asked for.</summary>
    /// <param name="attempts">Attempts that were launched before.</param>
    public void Begin(long attempts) => (_begun, _begunAt, IsPulling) = (attempts, time.GetTimestamp(), true);

    /// <summary>It has arrived.</summary>
    public void Arrive()
    {
        long now = time.GetTimestamp();
        if (_seenAt is { } before)
        {
            double steps = (_begun - _seen) * (Ahead / time.GetElapsedTime(before, now));
            MostSteps = (int)Math.Clamp(steps, FewestAhead, MostAhead);
        }

        (_seen, _seenAt, IsPulling) = (_begun, now, false);
    }
}
