using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Reads a data set once, in order, into an <see cref="ExampleStore"/>, and refuses values that cannot be trained on.</summary>
internal sealed class ExampleReader
{
    private const int RowsBetweenChecks = 1024;

    private readonly LabelledColumns _columns;
    private readonly string _dataSet;
    private readonly NumericFormat _computeFormat;
    private readonly float[] _dense;
    private long _row;

    /// <summary>Prepares reading.</summary>
    /// <param name="columns">The columns to read.</param>
    /// <param name="dataSet">What messages call the data: <c>training set</c>.</param>
    /// <param name="computeFormat">Format that every feature must be finite in.</param>
    public ExampleReader(LabelledColumns columns, string dataSet, NumericFormat computeFormat)
    {
        _columns = columns;
        _dataSet = dataSet;
        _computeFormat = computeFormat;
        _dense = new float[columns.FeatureCount];
    }

    /// <summary>Rows left out since their label is missing.</summary>
    public long RowsWithoutLabel { get; private set; }

    /// <summary>The only class that was read; null if there were several.</summary>
    public int? OnlyClass { get; private set; }

    /// <summary>Reads all rows.</summary>
    /// <param name="data">The data, which has the columns.</param>
    /// <param name="store">Receives the rows whose label is not missing.</param>
    /// <param name="checkAlive">Called every 1024 rows; throws <see cref="OperationCanceledException"/> to cancel.</param>
    /// <exception cref="InvalidOperationException">There are no usable rows, or a value cannot be trained on; the message names column and row.</exception>
    public void Read(IDataView data, ExampleStore store, Action checkAlive)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(_columns.All);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(_columns.Features);
        ValueGetter<uint> getLabel = cursor.GetGetter<uint>(_columns.Label);
        ValueGetter<float>? getWeight = _columns.Weight is { } column ? cursor.GetGetter<float>(column) : null;
        VBuffer<float> features = default;
        uint key = 0;
        float weight = 1;
        for (_row = 0; cursor.MoveNext(); _row++)
        {
            if (_row % RowsBetweenChecks == 0)
            {
                checkAlive();
            }

            getLabel(ref key);
            if (key == 0)
            {
                RowsWithoutLabel++;
                continue;
            }

            getFeatures(ref features);
            getWeight?.Invoke(ref weight);
            store.Append(CheckedFeatures(features), CheckedLabel(key, first: store.Rows == 0), CheckedWeight(weight));
        }

        CheckRows(store.Rows);
    }

    /// <summary>Checks that the rows read have more than one class, without which there is nothing to learn.</summary>
    /// <exception cref="InvalidOperationException">They have one.</exception>
    public void CheckClasses()
    {
        if (OnlyClass is { } label)
        {
            throw new InvalidOperationException(
                $"Every labelled row of the {_dataSet} has the same class, {_columns.NameOfClass(label)} of column '{_columns.Label.Name}'; there must be at least two. Check the label column, and whether the rows were sorted before they were split.");
        }
    }

    private ReadOnlySpan<float> CheckedFeatures(in VBuffer<float> features)
    {
        if (features.Length != _dense.Length)
        {
            throw new InvalidOperationException($"{Place(_columns.Features)} holds {features.Length} features; the column's type says {_dense.Length}. Make every row the same size.");
        }

        ReadOnlySpan<float> values = features.GetValues();
        if (!features.IsDense)
        {
            features.CopyTo(_dense);
            values = _dense;
        }

        // The value with the largest magnitude, with its sign; NaN if there is one, with which no comparison holds.
        float largest = TensorPrimitives.MaxMagnitude(values);
        return Math.Abs(largest) <= _computeFormat.MaxFinite() ? values : throw Refused(values);
    }

    private int CheckedLabel(uint key, bool first)
    {
        if (key > _columns.Classes)
        {
            throw new InvalidOperationException($"{Place(_columns.Label)} holds the key {key}; the column's type allows 1 to {_columns.Classes}, and 0 for missing. Map the label with Transforms.Conversion.MapValueToKey.");
        }

        int label = (int)key - 1;
        OnlyClass = first || OnlyClass == label ? label : null;
        return label;
    }

    private float CheckedWeight(float weight)
        => weight >= 0 && float.IsFinite(weight)
            ? weight
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Place(_columns.Weight!.Value)} holds the weight {weight}; weights must be finite and not negative. Correct it, or drop the row with Data.FilterByCustomPredicate."));

    private InvalidOperationException Refused(ReadOnlySpan<float> values)
    {
        float limit = _computeFormat.MaxFinite();
        int slot = 0;
        while (Math.Abs(values[slot]) <= limit)
        {
            slot++;
        }

        string remedy = float.IsNaN(values[slot])
            ? $"Replace such values with Transforms.ReplaceMissingValues(\"{_columns.Features.Name}\"), or drop the rows with Data.FilterRowsByMissingValues."
            : "Correct the value, or drop the row with Data.FilterByCustomPredicate; what replaces or drops missing values, NaN, leaves infinities.";
        string text = string.Create(CultureInfo.InvariantCulture, $"{Place(_columns.Features)} holds {values[slot]} in {_columns.NameOfSlot(slot)}; ");
        return new InvalidOperationException(text + (float.IsFinite(values[slot])
            ? string.Create(CultureInfo.InvariantCulture, $"the largest value of {_computeFormat}, in which the network computes, is {limit}. Normalise the features, for example with Transforms.NormalizeMinMax(\"{_columns.Features.Name}\"), or choose another PrecisionPolicy.")
            : "features must be finite. " + remedy));
    }

    private void CheckRows(int rows)
    {
        if (_row == 0)
        {
            throw new InvalidOperationException($"The {_dataSet} has no rows; there must be at least one. Check the path of the data and any filters before the trainer.");
        }

        if (rows == 0)
        {
            throw new InvalidOperationException($"All {_row} rows of the {_dataSet} have a missing label in column '{_columns.Label.Name}'; at least one must have one. Check that the label's values are among the keys that MapValueToKey was fitted with.");
        }
    }

    private string Place(DataViewSchema.Column column)
        => string.Create(CultureInfo.InvariantCulture, $"Row {_row} (counted from 0, in the order read) of the {_dataSet}, column '{column.Name}',");
}
