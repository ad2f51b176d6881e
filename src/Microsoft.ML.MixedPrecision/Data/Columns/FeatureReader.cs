using System.Numerics;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Reads one column of features as Single, for one cursor.</summary>
/// <param name="part">What it reads, for the error of a vector of another length.</param>
internal abstract class FeatureReader(DataViewSchema.Column part)
{
    private static readonly MethodInfo OfNumbersMethod = typeof(FeatureReader).GetMethod(
        nameof(OfNumbers),
        BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly int _size = (part.Type as VectorDataViewType)?.Size ?? 1;

    /// <summary>The row's values, after <see cref="Read"/>.</summary>
    public abstract ref readonly VBuffer<float> Values { get; }

    /// <summary>A reader for a column of vectors of Single, of keys or of vectors of keys, of numbers or Booleans.</summary>
    /// <param name="row">Where the values come from.</param>
    /// <param name="column">An active column of it.</param>
    public static FeatureReader Of(DataViewRow row, DataViewSchema.Column column)
    {
        DataViewType item = (column.Type as VectorDataViewType)?.ItemType ?? column.Type;
        return item.RawType == typeof(bool)
            ? new ScalarReader<bool>(column, row.GetGetter<bool>(column), value => value ? 1 : 0)
            : (FeatureReader)OfNumbersMethod.MakeGenericMethod(item.RawType).Invoke(
                null, BindingFlags.DoNotWrapExceptions, null, [row, column], null)!;
    }

    /// <summary>Reads the current row.</summary>
    /// <returns>Values that are there: fewer than slots where the vector is sparse.</returns>
    /// <exception cref="InvalidOperationException">A vector has not the size that its type says.</exception>
    public int Read()
    {
        Fetch();
        return Values.Length == _size
            ? Values.GetValues().Length
            : throw new InvalidOperationException($"Column '{part.Name}' holds a vector of {Values.Length} values; by its type, "
                + $"{part.Type}, it must have {_size}. Correct the data, or the size that the type states.");
    }

    /// <summary>Reads the current row.</summary>
    protected abstract void Fetch();

    private static FeatureReader OfNumbers<T>(DataViewRow row, DataViewSchema.Column column)
        where T : struct, INumberBase<T>
        => column.Type is not VectorDataViewType
            ? new ScalarReader<T>(column, row.GetGetter<T>(column), float.CreateTruncating)
            : typeof(T) == typeof(float)
                ? new VectorReader(column, row.GetGetter<VBuffer<float>>(column))
                : new KeysReader<T>(column, row.GetGetter<VBuffer<T>>(column));

    /// <summary>A number, a Boolean or a key.</summary>
    private sealed class ScalarReader<T>(DataViewSchema.Column part, ValueGetter<T> getter, Func<T, float> convert) : FeatureReader(part)
        where T : struct
    {
        private readonly float[] _number = new float[1];
        private VBuffer<float> _values;

        public override ref readonly VBuffer<float> Values => ref _values;

        protected override void Fetch()
        {
            T value = default;
            getter(ref value);
            _number[0] = convert(value);
            _values = new VBuffer<float>(1, _number);
        }
    }

    /// <summary>A vector of Single, as it is.</summary>
    private sealed class VectorReader(DataViewSchema.Column part, ValueGetter<VBuffer<float>> getter) : FeatureReader(part)
    {
        private VBuffer<float> _values;

        public override ref readonly VBuffer<float> Values => ref _values;

        protected override void Fetch() => getter(ref _values);
    }

    /// <summary>A vector of keys.</summary>
    private sealed class KeysReader<T>(DataViewSchema.Column part, ValueGetter<VBuffer<T>> getter) : FeatureReader(part)
        where T : struct, INumberBase<T>
    {
        private VBuffer<T> _keys;
        private VBuffer<float> _values;

        public override ref readonly VBuffer<float> Values => ref _values;

        protected override void Fetch()
        {
            getter(ref _keys);
            VBufferEditor<float> editor = VBufferEditor.Create(ref _values, _keys.Length);
            editor.Values.Clear();
            foreach (KeyValuePair<int, T> key in _keys.Items())
            {
                editor.Values[key.Key] = float.CreateTruncating(key.Value);
            }

            _values = editor.Commit();
        }
    }
}
