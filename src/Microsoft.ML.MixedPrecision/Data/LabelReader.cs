using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Reads the label of one row after the other.</summary>
internal abstract class LabelReader
{
    /// <summary>Class of the current row, from 0; −1 where labels are numbers.</summary>
    public virtual int Class => -1;

    /// <summary>Whether <see cref="Append"/> itself multiplies a row's weight by the factors of its classes, of which it has
    /// several.</summary>
    public virtual bool WeighsClasses => false;

    /// <summary>Creates the reader of a label.</summary>
    /// <param name="cursor">Cursor with the label active.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="classWeights">Factor of the weights of each class; null for 1.</param>
    public static LabelReader Create(DataViewRowCursor cursor, LabelledColumns columns, float[]? classWeights) => columns.LabelKind switch
    {
        LabelKind.Keys => new WordLabelReader(
            cursor.GetGetter<VBuffer<uint>>(columns.Label),
            cursor.GetGetter<VBuffer<int>>(columns.Places!.Value),
            columns.Outputs,
            classWeights),
        LabelKind.Key => new KeyLabelReader(cursor.GetGetter<uint>(columns.Label), columns.Outputs),
        LabelKind.Boolean => new BooleanLabelReader(cursor.GetGetter<bool>(columns.Label)),
        LabelKind.Number when columns.Label.Type is VectorDataViewType => new VectorLabelReader(
            cursor.GetGetter<VBuffer<float>>(columns.Label),
            columns.Outputs),
        LabelKind.Number => new NumberLabelReader(cursor.GetGetter<float>(columns.Label)),
        _ => throw UnknownValue.Of(columns.LabelKind),
    };

    /// <summary>Reads the label of the cursor's row.</summary>
    /// <returns>Whether there is one; a missing label leaves the row out.</returns>
    public abstract bool Read();

    /// <summary>What is wrong with the label, as the end of a sentence; null if it can be trained on.</summary>
    public abstract string? Problem();

    /// <summary>The largest of the factors of the row's classes.</summary>
    /// <param name="factors">Factor of each class.</param>
    public virtual float LargestFactor(float[] factors) => factors[Class];

    /// <summary>Appends the row.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="features">Its features.</param>
    /// <param name="weight">Its weight.</param>
    public abstract void Append(RowStore store, in RowFeatures features, float weight);
}

/// <summary>Keys: from 1, and 0 for missing.</summary>
/// <param name="getter">Reads the key.</param>
/// <param name="classes">Keys that the column's type allows.</param>
internal sealed class KeyLabelReader(ValueGetter<uint> getter, int classes) : LabelReader
{
    private uint _key;

    /// <inheritdoc/>
    public override int Class => (int)_key - 1;

    /// <inheritdoc/>
    public override bool Read()
    {
        getter(ref _key);
        return _key != 0;
    }

    /// <inheritdoc/>
    public override string? Problem() => _key <= classes
        ? null
        : $"holds the key {_key}; the column's type allows 1 to {classes}, and 0 for missing. Map the label with "
            + $"Transforms.Conversion.MapValueToKey.";

    /// <inheritdoc/>
    public override void Append(RowStore store, in RowFeatures features, float weight) => store.Append(features, Class, weight);
}

/// <summary>Booleans, as the numbers 0 and 1.</summary>
/// <param name="getter">Reads the value.</param>
internal sealed class BooleanLabelReader(ValueGetter<bool> getter) : LabelReader
{
    private bool _value;

    /// <inheritdoc/>
    public override int Class => _value ? 1 : 0;

    /// <inheritdoc/>
    public override bool Read()
    {
        getter(ref _value);
        return true;
    }

    /// <inheritdoc/>
    public override string? Problem() => null;

    /// <inheritdoc/>
    public override void Append(RowStore store, in RowFeatures features, float weight)
    {
        float target = _value ? 1 : 0;
        store.Append(features, new ReadOnlySpan<float>(in target), weight);
    }
}

/// <summary>Numbers; NaN is missing.</summary>
/// <param name="getter">Reads the number.</param>
internal sealed class NumberLabelReader(ValueGetter<float> getter) : LabelReader
{
    private float _value;

    /// <inheritdoc/>
    public override bool Read()
    {
        getter(ref _value);
        return !float.IsNaN(_value);
    }

    /// <inheritdoc/>
    public override string? Problem() => float.IsFinite(_value)
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"holds {_value}; labels must be finite. Correct the value, or drop the row with "
            + $"Data.FilterByCustomPredicate.");

    /// <inheritdoc/>
    public override void Append(RowStore store, in RowFeatures features, float weight)
        => store.Append(features, new ReadOnlySpan<float>(in _value), weight);
}

/// <summary>Vectors of numbers; a NaN in one is missing, and one of another length is a problem whatever it holds.</summary>
/// <param name="getter">Reads the vector.</param>
/// <param name="targets">Numbers of a vector.</param>
internal sealed class VectorLabelReader(ValueGetter<VBuffer<float>> getter, int targets) : LabelReader
{
    private readonly float[] _values = new float[targets];
    private VBuffer<float> _vector;

    /// <inheritdoc/>
    public override bool Read()
    {
        getter(ref _vector);
        if (_vector.Length != _values.Length)
        {
            return true;
        }

        _vector.CopyTo(_values);
        return !Array.Exists(_values, float.IsNaN);
    }

    /// <inheritdoc/>
    public override string? Problem()
    {
        if (_vector.Length != _values.Length)
        {
            return $"holds {_vector.Length} targets; the column's type says {_values.Length}. Make every row the same size.";
        }

        int bad = Array.FindIndex(_values, value => !float.IsFinite(value));
        return bad < 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"holds {_values[bad]} in slot {bad}; labels must be finite. Correct the "
                + $"value, or drop the row with Data.FilterByCustomPredicate.");
    }

    /// <inheritdoc/>
    public override void Append(RowStore store, in RowFeatures features, float weight) => store.Append(features, _values, weight);
}
