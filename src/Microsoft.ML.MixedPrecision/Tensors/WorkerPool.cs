using System.Runtime.ExceptionServices;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>
/// Background threads that help one caller at a time with numbered parts of a job. They start with the first job that has
/// several parts, spin for some tens of microseconds after the last part, since the next kernel usually follows at once, then block.
/// </summary>
/// <remarks>
/// The ticket holds (generation of the job, next part). A thread reads the ticket, then the job's description, and owns the part
/// only if it can advance the unchanged ticket: a description belongs to its generation until the last part of it has ended.
/// Nothing is allocated per job.
/// </remarks>
internal sealed unsafe class WorkerPool(int workers) : IDisposable
{
    private const int SpinRounds = 200;
    private const int SpinIterations = 8;

    private readonly object _gate = new();
    private Thread[]? _threads;
    private long _ticket;
    private int _parts;
    private int _unfinished;
    private int _busy;
    private int _sleepers;
    private volatile bool _stopped;
    private volatile Exception? _error;
    private void* _job;
    private delegate*<void*, int, void> _invoke;

    /// <summary>
    /// Runs parts 0 … <paramref name="parts"/> − 1 with the help of the workers and returns when all have ended.
    /// False, and nothing done, if the workers are with another caller, stopped, or there are none.
    /// </summary>
    /// <param name="job">Passed to <paramref name="invoke"/>; stays where it is until the return.</param>
    /// <param name="invoke">Runs one part.</param>
    /// <param name="parts">Number of parts.</param>
    /// <exception cref="Exception">The first exception of a part; parts not yet begun are then left out.</exception>
    public bool TryRun(void* job, delegate*<void*, int, void> invoke, int parts)
    {
        if (workers == 0 || _stopped || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            return false;
        try
        {
            if (_threads is null)
                Start();
            long generation = (_ticket >> 32) + 1;
            // No part to be had while the description changes, not even the old job's "next" one.
            Interlocked.Exchange(ref _ticket, (generation << 32) | int.MaxValue);
            _error = null;
            _job = job;
            _invoke = invoke;
            _parts = parts;
            _unfinished = parts;
            Interlocked.Exchange(ref _ticket, generation << 32);
            WakeSleepers();
            while (TryRunPart())
            {
            }
            WaitForOthers();
            _job = null;
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
        return true;
    }

    /// <summary>Whether threads have started and not yet ended.</summary>
    public bool HasThreads => Volatile.Read(ref _threads) is { } threads && threads.Any(thread => thread.IsAlive);

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dispose()
    {
        Stop();
        var threads = Interlocked.Exchange(ref _threads, null);
        foreach (var thread in threads ?? [])
            thread.Join();
    }

    /// <summary>Asks the threads to end without waiting; a job in progress is finished by its caller.</summary>
    public void Stop()
    {
        _stopped = true;
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    private void Start()
    {
        var threads = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = $"CPU kernels {i + 1}" };
            threads[i].Start();
        }
        _threads = threads;
    }

    private void Work()
    {
        while (!_stopped)
        {
            if (!TryRunPart() && !SpinForWork())
                SleepUntilWork();
        }
    }

    private bool HasWork => (int)Volatile.Read(ref _ticket) < Volatile.Read(ref _parts);

    private bool TryRunPart()
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            var job = _job;
            var invoke = _invoke;
            int part = (int)ticket;
            if (part >= Volatile.Read(ref _parts))
                return false;
            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket)
                continue;
            RunPart(job, invoke, part);
            return true;
        }
    }

    private void RunPart(void* job, delegate*<void*, int, void> invoke, int part)
    {
        try
        {
            if (_error is null)
                invoke(job, part);
        }
#pragma warning disable CA1031 // Whatever it is, it belongs to the caller, not to this thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _error ??= e;
        }
        Interlocked.Decrement(ref _unfinished);
    }

    private void WaitForOthers()
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref _unfinished) > 0)
            spin.SpinOnce(sleep1Threshold: -1);
        if (_error is { } error)
            ExceptionDispatchInfo.Throw(error);
    }

    private bool SpinForWork()
    {
        for (int i = 0; i < SpinRounds; i++)
        {
            if (HasWork || _stopped)
                return true;
            Thread.SpinWait(SpinIterations);
        }
        return false;
    }

    private void SleepUntilWork()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            // Counted before looking again, published before the caller counts: one of the two sees the other.
            while (!HasWork && !_stopped)
                Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleepers);
        }
    }

    private void WakeSleepers()
    {
        if (Volatile.Read(ref _sleepers) == 0)
            return;
        lock (_gate)
            Monitor.PulseAll(_gate);
    }
}
