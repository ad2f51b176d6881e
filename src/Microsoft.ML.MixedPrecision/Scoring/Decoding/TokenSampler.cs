using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>
/// Draws tokens by their logits zᵢ: with probabilities p = softmax(z/temperature), of which only the fewest most probable ones count whose
/// sum is at least topP (nucleus sampling); of equal ones the lower id comes first. Temperature 0 takes the most probable token. Source:
/// A. Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.
/// </summary>
/// <param name="temperature">At least 0.</param>
/// <param name="topP">Above 0 and at most 1.</param>
/// <param name="barred">Ids that are never drawn; at least one other is left.</param>
/// <param name="seed">The same seed draws the same tokens from the same logits.</param>
internal sealed class TokenSampler(float temperature, float topP, IReadOnlyCollection<int> barred, int seed)
{
    private RandomStream _random = new(seed, RandomPurpose.Generation, stream: 0);
    private double[] _weights = [];
    private int[] _order = [];

    /// <summary>Draws a token.</summary>
    /// <param name="logits">Of each token; those of barred ones do not matter.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="InvalidOperationException">No token's logit is finite.</exception>
    public int Draw(ReadOnlySpan<float> logits)
    {
        Room(logits.Length);
        double largest = double.NegativeInfinity;
        int first = -1;
        for (int id = 0; id < logits.Length; id++)
        {
            bool counts = float.IsFinite(logits[id]) && !barred.Contains(id);
            _weights[id] = counts ? logits[id] : double.NegativeInfinity;
            (largest, first) = _weights[id] > largest ? (_weights[id], id) : (largest, first);
        }

        if (first < 0)
        {
            throw new InvalidOperationException("No token can be drawn: the network's outputs are not finite. Train it anew, at a lower "
                + "rate.");
        }

        return temperature == 0 ? first : Draw(largest);
    }

    private void Room(int count)
    {
        if (_weights.Length != count)
        {
            (_weights, _order) = (new double[count], new int[count]);
        }
    }

    private int Draw(double largest)
    {
        for (int id = 0; id < _weights.Length; id++)
        {
            _weights[id] = Math.Exp((_weights[id] - largest) / temperature);
        }

        (int count, double kept) = Keep(TensorPrimitives.Sum<double>(_weights));
        double place = _random.NextDouble() * kept;
        int drawn = 0;
        while (drawn < count - 1 && place >= _weights[_order[drawn]])
        {
            place -= _weights[_order[drawn++]];
        }

        return _order[drawn];
    }

    /// <summary>Puts the tokens that count first.</summary>
    /// <returns>How many, and their sum.</returns>
    private (int Count, double Sum) Keep(double sum)
    {
        // Tokens below this weight sum to less than the share that may be missing, so that they need not be put in order.
        double least = (1 - (double)topP) * sum / _weights.Length;
        int candidates = 0;
        for (int id = 0; id < _weights.Length; id++)
        {
            if (_weights[id] >= least)
            {
                _order[candidates++] = id;
            }
        }

        if (topP == 1)
        {
            return (candidates, sum);
        }

        _order.AsSpan(0, candidates).Sort(
            (a, b) => _weights[a] == _weights[b] ? a.CompareTo(b) : _weights[b].CompareTo(_weights[a]));
        double kept = 0;
        int count = 0;
        do
        {
            kept += _weights[_order[count++]];
        }
        while (kept < topP * sum && count < candidates);
        return (count, kept);
    }
}
