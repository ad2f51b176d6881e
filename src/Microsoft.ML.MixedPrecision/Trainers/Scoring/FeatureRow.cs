using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Brings vectors of features to where a forward pass reads them: as they are, or, where the network's first layer reads sparse
/// rows, as that layer's sums, so that no row is ever written with its zeros.</summary>
/// <param name="model">The model.</param>
/// <param name="intake">Looks at the numbers.</param>
/// <param name="place">The column, and the row where it is known.</param>
internal sealed class FeatureRow(NetworkModel model, FeatureIntake intake, RowPlace place)
{
    private SparseEntry[] _entries = [];

    /// <summary>Reads a row.</summary>
    /// <param name="features">The row.</param>
    /// <param name="to">Receives <see cref="Networks.Network.ScoringInputs"/> numbers; zeros where the row is not accepted.</param>
    /// <returns>Whether its features are accepted.</returns>
    /// <exception cref="InvalidOperationException">There are more features than the network takes, or fewer, or one is not finite and the
    /// model is to throw.</exception>
    public bool Read(in VBuffer<float> features, Span<float> to)
    {
        bool isAccepted;
        if (model.Network.Bag is { } bag)
        {
            isAccepted = ReadSums(features, bag, to);
        }
        else
        {
            VectorItems.CopyTo(features, to, place);
            isAccepted = intake.Accepts(to);
        }

        if (!isAccepted)
        {
            to.Clear();
        }

        return isAccepted;
    }

    private bool ReadSums(in VBuffer<float> features, EmbeddingBag bag, Span<float> to)
    {
        VectorItems.RequireLength(features, model.Network.Inputs, place);
        ReadOnlySpan<float> values = features.GetValues();
        ReadOnlySpan<int> slots = features.IsDense ? default : features.GetIndices();
        if (!intake.Accepts(values, slots))
        {
            return false;
        }

        if (_entries.Length < values.Length)
        {
            _entries = new SparseEntry[Math.Max(values.Length, Math.Min(2 * _entries.Length, model.Network.Inputs))];
        }

        int count = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] != 0)
            {
                _entries[count++] = new SparseEntry(features.IsDense ? i : slots[i], values[i]);
            }
        }

        bag.Sum(_entries.AsSpan(0, count), to);
        return true;
    }
}
