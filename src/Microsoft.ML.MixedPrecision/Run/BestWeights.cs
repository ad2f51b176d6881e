using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Remembers the weights, and what layers have learnt without gradient, of the best epoch and says when to stop.</summary>
internal sealed class BestWeights
{
    private readonly Network _network;
    private readonly int _patience;
    private readonly float[][] _best;

    /// <summary>Starts with nothing remembered.</summary>
    /// <param name="network">What to remember.</param>
    /// <param name="patience">Epochs without improvement after which <see cref="IsExhausted"/>; 0 for never.</param>
    public BestWeights(Network network, int patience)
    {
        _network = network;
        _patience = patience;
        _best = [.. network.Stored.Select(matrix => new float[matrix.Values.Length])];
    }

    /// <summary>The best epoch: that with the smallest criterion; null before the first whose criterion is finite.</summary>
    public int? Epoch { get; private set; }

    /// <summary>The smallest <see cref="ValidationFigures.Criterion"/>.</summary>
    public double Criterion { get; private set; } = double.PositiveInfinity;

    /// <summary>Whether <c>patience</c> epochs brought no smaller criterion.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Notes an epoch's criterion, with the network as it is. One that is not finite tells nothing: it is worse than any,
    /// and before the first finite one patience does not count.</summary>
    public void Note(int epoch, double criterion)
    {
        // No comparison holds with NaN.
        if (criterion < Criterion)
        {
            (Epoch, Criterion) = (epoch, criterion);
            for (int i = 0; i < _best.Length; i++)
            {
                _network.Stored[i].Values.CopyTo(_best[i], 0);
            }
        }

        IsExhausted = _patience > 0 && epoch - Epoch >= _patience;
    }

    /// <summary>What is remembered, without the weights.</summary>
    public BestState Capture() => new(Epoch, Criterion, IsExhausted);

    /// <summary>A copy of the remembered weights, by the names of the network's matrices; none before <see cref="Epoch"/>.</summary>
    public IReadOnlyList<StateTensor> CaptureWeights() => Epoch is null ? []
        : [.. _network.Stored.Zip(_best, (matrix, values) => new StateTensor(matrix.Name, matrix.Rows, matrix.Columns, [.. values]))];

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What was remembered.</param>
    /// <param name="weights">The weights.</param>
    /// <exception cref="ArgumentException">They are of another network.</exception>
    public void Resume(BestState state, IReadOnlyList<StateTensor> weights)
    {
        (Epoch, Criterion, IsExhausted) = (state.Epoch, state.Criterion, state.IsExhausted);
        for (int i = 0; Epoch is not null && i < _best.Length; i++)
        {
            StoredMatrix matrix = _network.Stored[i];
            StateTensor tensor = weights.FirstOrDefault(
                tensor => tensor.Name == matrix.Name && tensor.Values.Length == matrix.Values.Length)
                ?? throw new ArgumentException(
                    $"The best weights are of another network: there is no {matrix} among them.",
                    nameof(weights));
            tensor.Values.CopyTo(_best[i], 0);
        }
    }

    /// <summary>Puts the remembered weights back into the network; without any, it stays as it is.</summary>
    public void Restore()
    {
        if (Epoch is null)
        {
            return;
        }

        for (int i = 0; i < _best.Length; i++)
        {
            _best[i].CopyTo(_network.Stored[i].Values, 0);
        }
    }
}
