using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Keys, one a word: from 1, and 0 for missing. Each stands at the place of its word's first token; all other tokens have
/// none.</summary>
/// <param name="getLabels">Reads the keys.</param>
/// <param name="getPlaces">Reads of each word the place of its first token; −1 for one that is left out.</param>
/// <param name="classes">Keys that the column's type allows.</param>
/// <param name="classWeights">Factor of the weights of each class's words; null for 1.</param>
internal sealed class WordLabelReader(
    ValueGetter<VBuffer<uint>> getLabels, ValueGetter<VBuffer<int>> getPlaces, int classes, float[]? classWeights) : LabelReader
{
    private VBuffer<uint> _labels;
    private VBuffer<int> _places;
    private uint[] _keys = [];
    private int[] _at = [];
    private int[] _targets = [];
    private float[] _weights = [];

    /// <inheritdoc/>
    public override bool WeighsClasses => true;

    private bool IsWhole => _labels.Length == _places.Length;

    private ReadOnlySpan<uint> Keys => _keys.AsSpan(0, _labels.Length);

    private ReadOnlySpan<int> Places => _at.AsSpan(0, _places.Length);

    /// <inheritdoc/>
    /// <remarks>Where no word that is kept has a key the label is missing; what is wrong with one is for <see cref="Problem"/> to
    /// say.</remarks>
    public override bool Read()
    {
        getLabels(ref _labels);
        getPlaces(ref _places);
        Dense(_labels, ref _keys);
        Dense(_places, ref _at);
        bool isLabelled = !IsWhole;
        for (int word = 0; word < Keys.Length && !isLabelled; word++)
        {
            isLabelled = Keys[word] > classes || (Keys[word] != 0 && Places[word] >= 0);
        }

        return isLabelled;
    }

    /// <inheritdoc/>
    public override string? Problem()
    {
        if (!IsWhole)
        {
            return string.Create(CultureInfo.InvariantCulture, $"holds {_labels.Length} labels of {_places.Length} words; each word must "
                + $"have one, or the key 0 for missing.");
        }

        int bad = Keys.IndexOfAnyExceptInRange(0u, (uint)classes);
        return bad < 0 ? null : string.Create(CultureInfo.InvariantCulture, $"holds the key {Keys[bad]} at word {bad} (counted from 0); "
            + $"the column's type allows 1 to {classes}, and 0 for missing. Map the label with Transforms.Conversion.MapValueToKey.");
    }

    /// <inheritdoc/>
    public override float LargestFactor(float[] factors)
    {
        float largest = 0;
        for (int word = 0; word < Keys.Length; word++)
        {
            largest = Keys[word] != 0 && Places[word] >= 0 ? Math.Max(largest, factors[Keys[word] - 1]) : largest;
        }

        return largest;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A word is at a place where the row has no token.</exception>
    public override void Append(RowStore store, in RowFeatures features, float weight)
    {
        int length = LengthOf(features);
        Room(length);
        for (int word = 0; word < Places.Length; word++)
        {
            int place = Places[word];
            if (place >= length)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Row {store.Rows} (counted from 0) has "
                    + $"{length} tokens; word {word} is said to begin at {place}. Leave the trainer to make the columns of the words."));
            }

            if (place >= 0 && Keys[word] != 0)
            {
                _targets[place] = (int)Keys[word];
                _weights[place] = weight * (classWeights?[Keys[word] - 1] ?? 1);
            }
        }

        store.AppendSteps(features, _targets.AsSpan(0, length), _weights.AsSpan(0, length));
    }

    private void Room(int length)
    {
        if (_targets.Length < length)
        {
            (_targets, _weights) = (new int[length], new float[length]);
        }

        Array.Clear(_targets);
        Array.Clear(_weights);
    }

    private static void Dense<T>(in VBuffer<T> vector, ref T[] to)
    {
        if (to.Length < vector.Length)
        {
            to = new T[vector.Length];
        }

        vector.CopyTo(to);
    }

    private static int LengthOf(in RowFeatures features)
    {
        int last = features.Values.LastIndexOfAnyExcept(0f);
        return last < 0 ? 0 : 1 + (features.IsSparse ? features.Slots[last] : last);
    }
}
