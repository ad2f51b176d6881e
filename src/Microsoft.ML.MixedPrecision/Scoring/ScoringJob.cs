using System.Runtime.ExceptionServices;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>A batch under way: tiles 0, 1, …, each computed once, by whichever thread takes it first.</summary>
internal sealed class ScoringJob
{
    private readonly Action<int> _run;
    private readonly int _tiles;
    private int _next;
    private int _unfinished;
    private volatile Exception? _error;

    /// <summary>Describes the work.</summary>
    /// <param name="run">Computes a tile.</param>
    /// <param name="tiles">Number of tiles.</param>
    public ScoringJob(Action<int> run, int tiles)
    {
        _run = run;
        _tiles = tiles;
        _unfinished = tiles;
    }

    /// <summary>Whether every tile has ended.</summary>
    public bool IsDone => Volatile.Read(ref _unfinished) == 0;

    /// <summary>Whether there are tiles that nobody has taken.</summary>
    public bool HasTiles => Volatile.Read(ref _next) < _tiles;

    /// <summary>Computes tiles as long as there are any that nobody has taken.</summary>
    public void Execute()
    {
        while (TryRunTile())
        {
        }
    }

    /// <summary>Computes one tile; false if all have been taken.</summary>
    public bool TryRunTile()
    {
        // Looked at before it is counted on, or the number would run over in a caller's long wait.
        if (!HasTiles)
        {
            return false;
        }

        int tile = Interlocked.Increment(ref _next) - 1;
        if (tile >= _tiles)
        {
            return false;
        }

        Run(tile);
        return true;
    }

    /// <summary>Leaves out the tiles that nobody has taken, and waits for the others.</summary>
    public void GiveUp()
    {
        int taken = Math.Min(Interlocked.Exchange(ref _next, _tiles), _tiles);
        Interlocked.Add(ref _unfinished, taken - _tiles);
        var spin = new SpinWait();
        while (!IsDone)
        {
            spin.SpinOnce();
        }
    }

    /// <summary>Throws what the first tile threw that failed.</summary>
    public void ThrowIfFailed()
    {
        if (_error is { } error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }

    private void Run(int tile)
    {
        try
        {
            _run(tile);
        }
#pragma warning disable CA1031 // Whatever it is, it belongs to the caller, not to a thread of the pool.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _error ??= e;
        }

        Interlocked.Decrement(ref _unfinished);
    }
}
