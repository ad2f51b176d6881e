using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>
/// Computes class probabilities from Float32 weights. A row's result has the same bits alone, in any batch and under any number of threads.
/// Safe for many threads; <see cref="Dispose"/> frees caches only, and the next session builds them again.
/// </summary>
internal sealed class Scorer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly int _threads;
    private ScoringWeights? _weights;

    /// <summary>Creates a scorer.</summary>
    /// <param name="network">Network whose <see cref="Ops.Parameter.Values"/> are final.</param>
    /// <param name="threads">Threads that a large batch is spread over; 0 for all cores.</param>
    public Scorer(Network network, int threads)
    {
        Network = network;
        _threads = threads;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Creates memory for batches of up to <paramref name="maxRows"/> rows; for one thread at a time.</summary>
    public ScoringSession CreateSession(int maxRows)
    {
        lock (_lock)
        {
            _weights ??= new ScoringWeights(Network, new CpuDevice(_threads));
            return new ScoringSession(Network, _weights, maxRows);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            // Sessions that are still in use keep the packed weights alive and compute on their own thread alone;
            // the garbage collector takes the weights afterwards.
            (_weights?.Device as CpuDevice)?.EndThreads();
            _weights = null;
        }
    }
}
