using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Reads a data set once, in order, into an <see cref="RowStore"/>, and refuses values that cannot be trained on.</summary>
internal sealed partial class ExampleReader
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
            LabelKind.Keys or LabelKind.Number => 0,
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

    /// <summary>Rows of each class; empty where labels are numbers, or a row has several.</summary>
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
        LabelReader label = LabelReader.Create(cursor, _columns, _classWeights);
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
            if (!store.IsSparse && !store.HasSequences)
            {
                NoteSparse(features, data);
            }

            RowFeatures checkedFeatures = store.HasSequences ? CheckedTokens(features, store)
                : store.IsSparse ? CheckedEntries(features)
                : new RowFeatures(CheckedFeatures(features));
            CheckLabel(label);
            float product = CheckedWeight(weight, _classWeights is null ? 1 : label.LargestFactor(_classWeights));
            label.Append(store, checkedFeatures, label.WeighsClasses ? weight : product);
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
                + (_columns.LabelKind is LabelKind.Key or LabelKind.Keys
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
