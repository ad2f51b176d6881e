using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>
/// Scores batches on the CPU while the caller reads others. A batch is cut into tiles of rows, and a thread takes a tile through the whole
/// network: threads meet once a batch instead of once an operation, and the activations of a tile stay in the caches of a core.
/// </summary>
/// <remarks>The threads that help are those of the process's pool. Where it has none free, the caller computes everything, in
/// <see cref="End"/>.</remarks>
internal sealed class CpuBulkScorer : BulkScorer, IThreadPoolWorkItem
{
    /// <summary>One batch to read, whose scores the caller has taken, and one to compute.</summary>
    private const int SlotCount = 2;

    /// <summary>A multiple of the rows that the inner kernel of a product takes, and enough of them to load weights from a cache
    /// seldom.</summary>
    private const int LeastTileRows = 48;

    /// <summary>Multiply-adds in some ten microseconds: less is not worth a thread.</summary>
    private const long LeastTileWork = 512 * 1024;

    private readonly Func<int, ScoringLane> _open;
    private readonly ConcurrentBag<ScoringLane> _idle = [];
    private readonly ScoringJob?[] _jobs = new ScoringJob?[SlotCount];
    private readonly float[][] _features;
    private readonly float[][] _scores;
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _mostHelpers;
    private readonly int _tileRows;
    private int _helpers;

    /// <summary>Makes room for two batches.</summary>
    /// <param name="network">The network.</param>
    /// <param name="maxRows">Rows of the largest batch.</param>
    /// <param name="threads">Threads that compute, the caller's included.</param>
    /// <param name="open">Makes what a thread needs for so many rows at a time; called by any thread, as often as threads compute at the
    /// same time.</param>
    public CpuBulkScorer(Network network, int maxRows, int threads, Func<int, ScoringLane> open)
        : base(SlotCount, maxRows)
    {
        _open = open;
        (_inputs, _outputs) = (network.ScoringInputs, network.Outputs);
        _mostHelpers = threads - 1;
        long work = Math.Max(1, network.ScoringParameters.Sum(parameter => (long)parameter.Values.Length));
        int steps = Math.Max(network.Tokens?.Rows ?? 1, network.MostSteps);
        _tileRows = (int)Math.Min(maxRows, Math.Max((LeastTileRows + steps - 1) / steps, ((LeastTileWork / steps) + work - 1) / work));
        _features = [.. Enumerable.Range(0, SlotCount).Select(_ => new float[maxRows * _inputs])];
        _scores = [.. Enumerable.Range(0, SlotCount).Select(_ => new float[maxRows * _outputs])];
    }

    /// <inheritdoc/>
    public override Span<float> Features(int slot, int row) => _features[slot].AsSpan(row * _inputs, _inputs);

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Scores(int slot, int row) => _scores[slot].AsSpan(row * _outputs, _outputs);

    /// <inheritdoc/>
    public override void Begin(int slot, int rows)
    {
        int tiles = (rows + _tileRows - 1) / _tileRows;
        var job = new ScoringJob(tile => Compute(slot, tile * _tileRows, rows), tiles);
        Volatile.Write(ref _jobs[slot], job);
        for (int i = 0; i < tiles && TryAddHelper(); i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Helps: what a thread of the pool does until there is no tile left in either batch. A helper for each batch would be one too
    /// many where the last batch still has its own.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        do
        {
            while (_jobs.Any(job => job is not null && job.TryRunTile()))
            {
            }

            Interlocked.Decrement(ref _helpers);
        }
        while (HasTiles && TryAddHelper()); // Begun after the last look and before the helper was counted off: nobody else was called.
    }

    /// <inheritdoc/>
    /// <exception cref="Exception">The first that computing threw.</exception>
    public override void End(int slot)
    {
        ScoringJob job = _jobs[slot]!;
        job.Execute();
        ScoringJob? next = _jobs[(slot + 1) % SlotCount];
        var spin = new SpinWait();
        while (!job.IsDone)
        {
            // Another thread is at the last tile: the next batch has something to do meanwhile.
            if (next is null || !next.TryRunTile())
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        _jobs[slot] = null;
        job.ThrowIfFailed();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (ScoringJob? job in _jobs)
        {
            job?.GiveUp();
        }

        Array.Clear(_jobs);
        while (_idle.TryTake(out ScoringLane? lane))
        {
            lane.Dispose();
        }
    }

    private bool HasTiles => _jobs.Any(job => job is not null && job.HasTiles);

    private bool TryAddHelper()
    {
        if (Interlocked.Increment(ref _helpers) <= _mostHelpers)
        {
            return true;
        }

        Interlocked.Decrement(ref _helpers);
        return false;
    }

    private void Compute(int slot, int start, int rows)
    {
        ScoringLane lane = _idle.TryTake(out ScoringLane? idle) ? idle : _open(_tileRows);
        int count = Math.Min(_tileRows, rows - start);
        lane.Session.Run(_features[slot].AsSpan(start * _inputs), count, _scores[slot].AsSpan(start * _outputs));
        _idle.Add(lane);
    }
}
