using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>
/// Computes scores from Float32 weights. On the CPU a row's result has the same bits alone, in any batch and under any number of
/// threads; large batches of large networks go to a graphics card where there is one, and agree with it within rounding.
/// Safe for many threads; <see cref="Dispose"/> frees caches only, and the next session builds them again.
/// </summary>
internal sealed class Scorer : IDisposable
{
    /// <summary>Operations of a batch from which on a card is worth the way there and back. An estimate, not a measurement: at 100 GFLOP/s
    /// a processor's
    /// core takes 2 ms for them, and 1024 rows of 100 features take 0.02 ms over a bus of 20 GB/s.</summary>
    private const double LeastOperations = 2e8;

    private const int NoCard = -1;

    private readonly Lock _lock = new();
    private readonly int _threads;
    private readonly bool _softmax;
    private ScoringWeights? _weights;
    private CardScoring? _card;
    private int _cardOrdinal = NoCard;
    private int _failedOrdinal = NoCard;

    /// <summary>Creates a scorer.</summary>
    /// <param name="network">Network whose <see cref="StoredMatrix.Values"/> are final.</param>
    /// <param name="threads">Threads that a large batch is spread over; 0 for all cores.</param>
    /// <param name="softmax">Whether scores are the softmax of the network's outputs rather than the outputs.</param>
    public Scorer(Network network, int threads, bool softmax)
    {
        _softmax = softmax;
        Network = network;
        _threads = threads;
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Whether batches are worth the way to a card.</summary>
    /// <param name="rows">Rows of a batch.</param>
    public bool IsWorthACard(int rows)
        => 2 * rows * Network.Multiplications >= LeastOperations;

    /// <summary>Creates memory for batches of up to <paramref name="maxRows"/> rows on the CPU; for one thread at a time.</summary>
    public ScoringSession CreateSession(int maxRows)
    {
        return new ScoringSession(Network, Weights(), maxRows) { Softmax = _softmax };
    }

    /// <summary>Creates memory to read one example token by token with; for one thread at a time.</summary>
    /// <exception cref="NotSupportedException">The network's result at a token depends on later ones.</exception>
    public DecodingSession CreateDecodingSession() => new(Network, Weights());

    /// <summary>Creates memory for many batches on the CPU; for one thread at a time, which the others help.</summary>
    /// <param name="rows">Rows that it holds at a time.</param>
    /// <param name="callers">Threads that will each use one of these at the same time.</param>
    public BulkScorer CreateBulkScorer(int rows, int callers)
    {
        ScoringWeights weights = Weights();
        int threads = Math.Max(1, ((CpuDevice)weights.Device).Threads / callers);
        return new CpuBulkScorer(Network, (rows + 1) / 2, threads, tileRows => new ScoringLane(Network, weights, tileRows, _softmax));
    }

    /// <summary>Creates memory for batches of up to <paramref name="maxRows"/> rows on a card; for one thread at a time.</summary>
    /// <param name="maxRows">Rows of the largest batch.</param>
    /// <param name="ordinal">The card's number; another than before replaces that one for the sessions to come.</param>
    /// <param name="open">Opens the card.</param>
    /// <returns>Null where the card has no memory left or is lost, or was so since the last <see cref="Dispose"/>.</returns>
    public ScoringSession? TryCreateCardSession(int maxRows, int ordinal, Func<CudaDevice> open)
    {
        lock (_lock)
        {
            if (_failedOrdinal == ordinal)
            {
                return null;
            }

            try
            {
                if (_cardOrdinal != ordinal)
                {
                    LetGoOfCard();
                }

                _card ??= new CardScoring(Network, open());
                _cardOrdinal = ordinal;
                return _card.Open(Network, maxRows, _softmax);
            }
            catch (Exception e) when (e is CudaException or CudaUnavailableException or InsufficientMemoryException)
            {
                LetGoOfCard();
                _failedOrdinal = ordinal;
                return null;
            }
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
            LetGoOfCard();
            _failedOrdinal = NoCard;
        }
    }

    private ScoringWeights Weights()
    {
        lock (_lock)
        {
            return _weights ??= new ScoringWeights(Network, new CpuDevice(_threads));
        }
    }

    private void LetGoOfCard()
    {
        _card?.Dispose();
        _card = null;
        _cardOrdinal = NoCard;
    }
}
