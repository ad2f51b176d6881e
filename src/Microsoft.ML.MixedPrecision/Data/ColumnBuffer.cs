using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>The values of one column for the rows that a cursor has read ahead.</summary>
internal abstract class ColumnBuffer
{
    private static readonly MethodInfo OfScalarsMethod = typeof(ColumnBuffer).GetMethod(
        nameof(OfScalars),
        BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo OfVectorsMethod = typeof(ColumnBuffer).GetMethod(
        nameof(OfVectors),
        BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>Creates a buffer for any type of column.</summary>
    /// <param name="row">Where the values come from.</param>
    /// <param name="column">An active column of it.</param>
    /// <param name="rows">Rows that the buffer holds.</param>
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int rows)
    {
        MethodInfo method = column.Type is VectorDataViewType ? OfVectorsMethod : OfScalarsMethod;
        Type item = (column.Type as VectorDataViewType)?.ItemType.RawType ?? column.Type.RawType;
        return (ColumnBuffer)method.MakeGenericMethod(item).Invoke(
            null,
            BindingFlags.DoNotWrapExceptions,
            null,
            [row, column, rows],
            null)!;
    }

    /// <summary>Takes the value of the current row.</summary>
    /// <param name="index">Where to.</param>
    public abstract void Read(int index);

    private static ScalarBuffer<T> OfScalars<T>(DataViewRow row, DataViewSchema.Column column, int rows)
        => new(row.GetGetter<T>(column), rows);

    private static VectorBuffer<T> OfVectors<T>(DataViewRow row, DataViewSchema.Column column, int rows)
        => new(row.GetGetter<VBuffer<T>>(column), rows);
}

/// <summary>A <see cref="ColumnBuffer"/> of a known type.</summary>
/// <typeparam name="T">Type of the values.</typeparam>
internal abstract class ColumnBuffer<T> : ColumnBuffer
{
    /// <summary>Hands out a value.</summary>
    /// <param name="index">Of which row.</param>
    /// <param name="value">Receives it; what it held before may be reused.</param>
    public abstract void Get(int index, ref T value);
}

/// <summary>A buffer of single values.</summary>
/// <param name="getter">Where they come from.</param>
/// <param name="rows">Rows that it holds.</param>
internal sealed class ScalarBuffer<T>(ValueGetter<T> getter, int rows) : ColumnBuffer<T>
{
    private readonly T[] _values = new T[rows];

    /// <inheritdoc/>
    public override void Read(int index)
    {
        // Always a new one: the value read there before, an image for example, may still be in use by whom it was handed to.
        T value = default!;
        getter(ref value);
        _values[index] = value;
    }

    /// <inheritdoc/>
    public override void Get(int index, ref T value) => value = _values[index];
}

/// <summary>A buffer of vectors, whose memory it reuses.</summary>
/// <param name="getter">Where they come from.</param>
/// <param name="rows">Rows that it holds.</param>
internal sealed class VectorBuffer<T>(ValueGetter<VBuffer<T>> getter, int rows) : ColumnBuffer<VBuffer<T>>
{
    private readonly VBuffer<T>[] _values = new VBuffer<T>[rows];

    /// <inheritdoc/>
    public override void Read(int index) => getter(ref _values[index]);

    /// <inheritdoc/>
    public override void Get(int index, ref VBuffer<T> value) => _values[index].CopyTo(ref value);
}
