using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Data;

/// <content>Features of a row: what is refused of them, and those of sparse rows.</content>
internal sealed partial class ExampleReader
{
    private ReadOnlySpan<float> CheckedFeatures(in VBuffer<float> features)
    {
        CheckLength(features);
        ReadOnlySpan<float> values = features.GetValues();
        if (!features.IsDense)
        {
            features.CopyTo(Dense());
            values = _dense;
        }

        // The value with the largest magnitude, with its sign; NaN if there is one, with which no comparison holds.
        CheckCategories(values);
        ReadOnlySpan<float> numbers = values[..^_columns.Categories.Count];
        float limit = _computeFormat.MaxFinite();
        bool areTaken = numbers.IsEmpty || Math.Abs(TensorPrimitives.MaxMagnitude(numbers)) <= limit
            || (_takesGaps && !FeatureValues.AnyBeyond(numbers, limit));
        return areTaken ? values : throw Refused(numbers, []);
    }

    /// <summary>The numbers of a row that are not 0, for a store that keeps no others.</summary>
    private RowFeatures CheckedEntries(in VBuffer<float> features)
    {
        CheckLength(features);
        ReadOnlySpan<float> values = features.GetValues();
        ReadOnlySpan<int> slots = features.IsDense ? default : features.GetIndices();
        if (features.IsDense)
        {
            int count = WithoutZeros(values);
            slots = _slots.AsSpan(0, count);
            values = _dense.AsSpan(0, count);
        }

        bool areTaken = values.IsEmpty || Math.Abs(TensorPrimitives.MaxMagnitude(values)) <= _computeFormat.MaxFinite();
        return areTaken ? new RowFeatures(slots, values) : throw Refused(values, slots);
    }

    /// <summary>Ids of tokens, which a sparse row has without what stands for nothing.</summary>
    private RowFeatures CheckedTokens(in VBuffer<float> features, RowStore store)
    {
        CheckLength(features);
        int entries = store.Schema.Columns[store.Schema.IndexOf(RowSchema.Features)].Limit ?? int.MaxValue;
        ReadOnlySpan<float> values = features.GetValues();
        for (int i = 0; i < values.Length; i++)
        {
            float id = values[i];
            if (!(id >= 0 && id <= entries && id == (int)id))
            {
                int slot = features.IsDense ? i : features.GetIndices()[i];
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Place(_columns.Features)} holds {id} in {_columns.NameOfSlot(slot)}; tokens are whole numbers from 1 to {entries}, "
                        + $"and 0 behind the last. Leave the trainer to make the column of the text."));
            }
        }

        return features.IsDense ? new RowFeatures(values) : new RowFeatures(features.GetIndices(), values);
    }

    private int WithoutZeros(ReadOnlySpan<float> values)
    {
        float[] dense = Dense();
        _slots = _slots.Length == dense.Length ? _slots : new int[dense.Length];
        int count = 0;
        for (int slot = 0; slot < values.Length; slot++)
        {
            if (values[slot] != 0)
            {
                (_slots[count], dense[count]) = (slot, values[slot]);
                count++;
            }
        }

        return count;
    }

    private float[] Dense() => _dense.Length == _columns.FeatureCount ? _dense : _dense = new float[_columns.FeatureCount];

    private void CheckLength(in VBuffer<float> features)
    {
        if (features.Length != _columns.FeatureCount)
        {
            throw new InvalidOperationException($"{Place(_columns.Features)} holds {features.Length} features; the column's type says "
                + $"{_columns.FeatureCount}. Make every row the same size.");
        }
    }

    private void CheckCategories(ReadOnlySpan<float> values)
    {
        int first = values.Length - _columns.Categories.Count;
        for (int i = 0; i < _columns.Categories.Count; i++)
        {
            float value = values[first + i];
            if (!(value >= 0 && value <= _columns.Categories[i] && value == (int)value))
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Place(_columns.Features)} holds {value} in {_columns.NameOfSlot(first + i)}, a category; there must be a whole "
                        + $"number from 1 to {_columns.Categories[i]}, its levels, or 0 for missing. Correct it, or leave the trainer to "
                        + $"make the column of the keys."));
            }
        }
    }

    private bool IsTaken(float value) => Math.Abs(value) <= _computeFormat.MaxFinite() || (_takesGaps && float.IsNaN(value));

    /// <summary>Sparse rows take more room than the data suggest, and a user should know before memory runs out.</summary>
    private void NoteSparse(in VBuffer<float> features, IDataView data)
    {
        if (_isSparse || features.IsDense)
        {
            return;
        }

        _isSparse = true;
        long bytes = (long)Tensor.PitchOf(_columns.FeatureCount, _computeFormat.Storage()) * _computeFormat.Storage().BytesPerElement();
        _inform(
            new SparseNote(_columns.Features.Name, _dataSet, _columns.FeatureCount, _computeFormat.Storage(), bytes, data.GetRowCount()));
    }

    /// <param name="values">Numbers, one of which is not taken.</param>
    /// <param name="slots">Their slots; empty where they are all.</param>
    private InvalidOperationException Refused(ReadOnlySpan<float> values, ReadOnlySpan<int> slots)
    {
        float limit = _computeFormat.MaxFinite();
        int at = 0;
        while (IsTaken(values[at]))
        {
            at++;
        }

        int slot = slots.IsEmpty ? at : slots[at];
        float value = values[at];
        string setting = slots.IsEmpty ? "" : $"SparseFeatures to {SparseFeatures.Dense} and ";
        string remedy = float.IsNaN(value)
            ? $"Set {setting}MissingValues to {MissingValues.ImputeAndIndicate}, replace such values with "
                + $"Transforms.ReplaceMissingValues(\"{_columns.Features.Name}\"), or drop the rows with Data.FilterRowsByMissingValues."
            : "Correct the value, or drop the row with Data.FilterByCustomPredicate; what replaces or drops missing values, NaN, "
                + "leaves infinities.";
        string text = string.Create(CultureInfo.InvariantCulture, $"{Place(_columns.Features)} holds {value} in "
            + $"{_columns.NameOfSlot(slot)}; ");
        return new InvalidOperationException(text + (float.IsFinite(value)
            ? string.Create(CultureInfo.InvariantCulture, $"the largest value of {_computeFormat}, in which the network computes, is "
                + $"{limit}. Normalise the features, for example with Transforms.NormalizeMinMax(\"{_columns.Features.Name}\"), or "
                + $"choose another PrecisionPolicy.")
            : "features must be finite. " + remedy));
    }
}
