using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Tensor = Microsoft.ML.MixedPrecision.Tensors.Tensor;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Reads a data set once, in order, into an <see cref="RowStore"/>, and refuses values that cannot be trained on.</summary>
internal sealed class ExampleReader
{
    private const int RowsBetweenChecks = 1024;

    private readonly LabelledColumns _columns;
    private readonly string _dataSet;
    private readonly NumericFormat _computeFormat;
    private readonly float[]? _classWeights;
    private readonly Action<SparseNote> _inform;
    private readonly bool _takesGaps;
    private readonly long[] _rowsOfClass;
    private float[] _dense = [];
    private int[] _slots = [];
    private bool _isSparse;
    private bool _hasWeight;
    private bool _countsInTraining;
    private long _row;

    /// <summary>Prepares reading.</summary>
    /// <param name="columns">The columns to read.</param>
    /// <param name="dataSet">What messages call the data: <c>training set</c>.</param>
    /// <param name="computeFormat">Format that every feature must be finite in.</param>
    /// <param name="classWeights">Factor of the weights of each class's rows; null for 1.</param>
    /// <param name="inform">Told once, at the first sparse row, what dense rows will take.</param>
    /// <param name="takesGaps">Whether features may be missing, NaN.</param>
    public ExampleReader(
        LabelledColumns columns,
        string dataSet,
        NumericFormat computeFormat,
        float[]? classWeights,
        Action<SparseNote> inform,
        bool takesGaps = false)
    {
        _takesGaps = takesGaps;
        _classWeights = classWeights;
        _inform = inform;
        _rowsOfClass = new long[columns.LabelKind switch
        {
            LabelKind.Key => columns.Outputs,
            LabelKind.Boolean => 2,
            LabelKind.Number => 0,
            _ => throw UnknownValue.Of(columns.LabelKind),
        }];
        _columns = columns;
        _dataSet = dataSet;
        _computeFormat = computeFormat;
    }

    /// <summary>Rows left out since their label is missing.</summary>
    public long RowsWithoutLabel { get; private set; }

    /// <summary>Whether a row was sparse.</summary>
    public bool IsSparse => _isSparse;

    /// <summary>Rows of each class; empty where labels are numbers.</summary>
    public IReadOnlyList<long> RowsOfClass => _rowsOfClass;

    /// <summary>Reads all rows.</summary>
    /// <param name="data">The data, which has the columns.</param>
    /// <param name="store">Receives the rows whose label is not missing.</param>
    /// <param name="checkAlive">Called every 1024 rows; throws <see cref="OperationCanceledException"/> to cancel.</param>
    /// <exception cref="InvalidOperationException">There are no usable rows, or a value cannot be trained on; the message names column and
    /// row.</exception>
    public void Read(IDataView data, RowStore store, Action checkAlive)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(_columns.All);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(_columns.Features);
        LabelReader label = LabelReader.Create(cursor, _columns);
        ValueGetter<float>? getWeight = _columns.Weight is { } column ? cursor.GetGetter<float>(column) : null;
        VBuffer<float> features = default;
        float weight = 1;
        for (_row = 0; cursor.MoveNext(); _row++)
        {
            if (_row % RowsBetweenChecks == 0)
            {
                checkAlive();
            }

            if (!label.Read())
            {
                RowsWithoutLabel++;
                continue;
            }

            getFeatures(ref features);
            getWeight?.Invoke(ref weight);
            if (!store.IsSparse)
            {
                NoteSparse(features, data);
            }

            RowFeatures checkedFeatures = store.IsSparse ? CheckedEntries(features) : new RowFeatures(CheckedFeatures(features));
            CheckLabel(label);
            label.Append(store, checkedFeatures, CheckedWeight(weight, _classWeights?[label.Class] ?? 1));
        }

        CheckRows(store.Rows);
    }

    /// <summary>Checks that of the rows read one counts after its class's weight.</summary>
    /// <exception cref="InvalidOperationException">All weigh 0.</exception>
    public void CheckClassWeights()
    {
        if (!_countsInTraining)
        {
            throw new InvalidOperationException($"All rows of the {_dataSet} weigh "
                + $"0{(_columns.Weight is { } weight ? $" by column '{weight.Name}'" : "")} times their classes' weights, so that no row "
                + $"counts; at least one must be above 0. Correct the weights, or leave ClassWeights unset.");
        }
    }

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

    private void CheckLabel(LabelReader label)
    {
        if (label.Problem() is { } problem)
        {
            throw new InvalidOperationException($"{Place(_columns.Label)} {problem}");
        }

        if (label.Class >= 0)
        {
            _rowsOfClass[label.Class]++;
        }
    }

    private float CheckedWeight(float weight, float ofClass)
    {
        if (!(weight >= 0) || !float.IsFinite(weight))
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Place(_columns.Weight!.Value)} holds the weight {weight}; weights must be finite and not negative. Correct it, or "
                    + $"drop the row with Data.FilterByCustomPredicate."));
        }

        float product = weight * ofClass;
        _hasWeight |= weight > 0;
        _countsInTraining |= product > 0;
        return float.IsFinite(product)
            ? product
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Place(_columns.Weight!.Value)} holds the weight {weight}; times the weight of its class, {ofClass}, it is beyond "
                    + $"{float.MaxValue}. Use smaller weights."));
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

    private void CheckRows(int rows)
    {
        if (_row == 0)
        {
            throw new InvalidOperationException($"The {_dataSet} has no rows; there must be at least one. Check the path of the data "
                + $"and any filters before the trainer.");
        }

        if (rows == 0)
        {
            throw new InvalidOperationException($"All {_row} rows of the {_dataSet} have a missing label in column "
                + $"'{_columns.Label.Name}'; at least one must have one. "
                + (_columns.LabelKind == LabelKind.Key
                    ? "Check that the label's values are among the keys that MapValueToKey was fitted with."
                    : "NaN counts as missing; check how the label was read."));
        }

        if (!_hasWeight)
        {
            throw new InvalidOperationException($"All weights of the {_dataSet} in column '{_columns.Weight!.Value.Name}' are 0, so "
                + $"that no row counts; at least one must be above 0. Correct the weights, or leave ExampleWeightColumnName unset.");
        }
    }

    private string Place(DataViewSchema.Column column)
        => string.Create(CultureInfo.InvariantCulture, $"Row {_row} (counted from 0, in the order read) of the {_dataSet}, column "
            + $"'{column.Name}',");
}
