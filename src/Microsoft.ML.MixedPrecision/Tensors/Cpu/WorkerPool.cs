using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>
/// Background threads that help one caller at a time with numbered parts of a job. They start with the first job that has
/// several parts, spin for two milliseconds after the last part, then block; after an idle while they end, so that an object that is
/// kept but not used holds no threads, and start again with the next job.
/// </summary>
/// <remarks>
/// The ticket holds (generation of the job, next part). A thread reads the ticket, then the job's description, and owns the part
/// only if it can advance the unchanged ticket: a description belongs to its generation until the last part of it has ended.
/// Nothing is allocated per job.
/// The next kernel usually follows at once; two milliseconds also cover what a caller does between batches, such as reading 1024 rows.
/// A blocked thread takes 0.1 to 0.3 ms to wake up on a virtual machine, a third of the time that such a batch is computed in.
/// </remarks>
/// <param name="workers">Threads.</param>
/// <param name="idle">How long a thread blocks before it ends.</param>
internal sealed unsafe class WorkerPool(int workers, TimeSpan idle) : IDisposable
{
    private const int SpinRounds = 200;
    private const int SpinIterations = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private readonly object _gate = new();
    private readonly Thread?[] _threads = new Thread?[workers];
    private int _running;
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
        {
            return false;
        }

        try
        {
            if (Volatile.Read(ref _running) < workers)
            {
                StartMissing();
            }

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

    /// <summary>Threads that have started and not ended.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dispose()
    {
        Stop();
        Thread?[] threads;
        lock (_gate)
        {
            threads = [.. _threads];
        }

        foreach (var thread in threads)
        {
            thread?.Join();
        }
    }

    /// <summary>Asks the threads to end without waiting; a job in progress is finished by its caller.</summary>
    public void Stop()
    {
        _stopped = true;
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }

    private void StartMissing()
    {
        lock (_gate)
        {
            for (int i = 0; i < workers && !_stopped; i++)
            {
                if (_threads[i] is not null)
                {
                    continue;
                }

                int number = i;
                _threads[i] = new Thread(() => Work(number)) { IsBackground = true, Name = $"CPU kernels {i + 1}" };
                _running++;
                _threads[i]!.Start();
            }
        }
    }

    private void Work(int number)
    {
        while (!_stopped)
        {
            if (!TryRunPart() && !SpinForWork() && !SleepUntilWork())
            {
                break;
            }
        }
        lock (_gate)
        {
            _threads[number] = null;
            _running--;
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
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) != ticket)
            {
                continue;
            }

            RunPart(job, invoke, part);
            return true;
        }
    }

    private void RunPart(void* job, delegate*<void*, int, void> invoke, int part)
    {
        try
        {
            if (_error is null)
            {
                invoke(job, part);
            }
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
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private bool SpinForWork()
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; ; i++)
        {
            if (HasWork || _stopped)
            {
                return true;
            }

            Thread.SpinWait(SpinIterations);
            if (i < SpinRounds)
            {
                continue;
            }
            // No longer at the cost of others who have something to do.
            Thread.Yield();
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                return false;
            }
        }
    }

    /// <summary>Blocks; false if nothing came for too long. A job that comes at that very moment is done by its caller and the
    /// others.</summary>
    private bool SleepUntilWork()
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            // Counted before looking again, published before the caller counts: one of the two sees the other.
            bool woken = true;
            while (!HasWork && !_stopped && woken)
            {
                woken = Monitor.Wait(_gate, idle);
            }

            Interlocked.Decrement(ref _sleepers);
            return woken;
        }
    }

    private void WakeSleepers()
    {
        if (Volatile.Read(ref _sleepers) == 0)
        {
            return;
        }

        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
