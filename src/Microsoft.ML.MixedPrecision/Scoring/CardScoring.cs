using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>A network's weights on a graphics card, shared by the sessions that score there. The card is given back when the owner and the
/// last session have let go.</summary>
internal sealed class CardScoring : IDisposable
{
    private readonly CudaDevice _card;
    private readonly ScoringWeights _weights;
    private readonly Lock _lock = new();
    private int _users = 1;

    /// <summary>Copies the weights over.</summary>
    /// <param name="network">The network.</param>
    /// <param name="card">The card; taken over.</param>
    /// <exception cref="InsufficientMemoryException">The card has too little memory.</exception>
    /// <exception cref="Cuda.CudaException">The card is lost.</exception>
    public CardScoring(Network network, CudaDevice card)
    {
        _card = card;
        try
        {
            _weights = new ScoringWeights(network, card);
        }
        catch
        {
            card.Dispose();
            throw;
        }
    }

    /// <summary>A card is for one thread at a time.</summary>
    public Lock Gate => _lock;

    /// <summary>Opens a session.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">Rows of the largest batch.</param>
    /// <param name="softmax">Whether scores are the softmax of the outputs.</param>
    public ScoringSession Open(Network network, int rows, bool softmax)
    {
        lock (_lock)
        {
            var session = new ScoringSession(network, _weights, rows, this) { Softmax = softmax };
            _users++;
            return session;
        }
    }

    /// <summary>Lets go: the owner once, and every session once.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (--_users == 0)
            {
                _weights.Dispose();
                _card.Dispose();
            }
        }
    }
}
