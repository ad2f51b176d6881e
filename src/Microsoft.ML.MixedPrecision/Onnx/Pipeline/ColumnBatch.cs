using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>The values of one column on many rows, as ONNX Runtime takes them.</summary>
internal abstract class ColumnBatch
{
    /// <summary>Reads the column's value of the current row.</summary>
    /// <param name="row">Where to put it, from 0.</param>
    public abstract void Read(int row);

    /// <summary>A tensor of the first rows; valid until the next <see cref="Read"/>.</summary>
    public abstract OrtValue ToTensor(int rows);

    /// <summary>A batch of a column.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="column">The column, active in <paramref name="row"/>.</param>
    /// <param name="rows">The most rows it must hold.</param>
    public static ColumnBatch Create(DataViewRow row, DataViewSchema.Column column, int rows)
    {
        var type = OnnxColumnType.Of(column.Type, column.Name);
        return type.Type switch
        {
            OnnxElementType.String => new TextBatch(row, column, rows, type),
            OnnxElementType.Float => new NumberBatch<float>(row, column, rows, type),
            OnnxElementType.Double => new NumberBatch<double>(row, column, rows, type),
            OnnxElementType.Bool => new NumberBatch<bool>(row, column, rows, type),
            OnnxElementType.Int8 => new NumberBatch<sbyte>(row, column, rows, type),
            OnnxElementType.Int16 => new NumberBatch<short>(row, column, rows, type),
            OnnxElementType.Int32 => new NumberBatch<int>(row, column, rows, type),
            OnnxElementType.Int64 => new NumberBatch<long>(row, column, rows, type),
            OnnxElementType.UInt8 => new NumberBatch<byte>(row, column, rows, type),
            OnnxElementType.UInt16 => new NumberBatch<ushort>(row, column, rows, type),
            OnnxElementType.UInt32 => new NumberBatch<uint>(row, column, rows, type),
            OnnxElementType.UInt64 => new NumberBatch<ulong>(row, column, rows, type),
            _ => throw new NotSupportedException($"Column '{column.Name}' of type {column.Type} cannot be given to ONNX Runtime."),
        };
    }

    /// <summary>Reads a row's items, one for a scalar.</summary>
    /// <returns>A reader that puts them into the span it is given.</returns>
    private static ItemReader<T> ItemsOf<T>(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            var getVector = row.GetGetter<VBuffer<T>>(column);
            VBuffer<T> vector = default;
            return items =>
            {
                getVector(ref vector);
                vector.CopyTo(items);
            };
        }

        var getScalar = row.GetGetter<T>(column);
        return items => getScalar(ref items[0]);
    }

    private delegate void ItemReader<T>(Span<T> items);

    private sealed class NumberBatch<T>(DataViewRow row, DataViewSchema.Column column, int rows, OnnxColumnType type) : ColumnBatch
        where T : unmanaged
    {
        private readonly ItemReader<T> _read = ItemsOf<T>(row, column);
        private readonly T[] _values = new T[rows * type.Width];

        /// <inheritdoc/>
        public override void Read(int row) => _read(_values.AsSpan(row * type.Width, type.Width));

        /// <inheritdoc/>
        public override OrtValue ToTensor(int rows)
            => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _values.AsMemory(0, rows * type.Width), [rows, .. type.Dimensions]);
    }

    private sealed class TextBatch(DataViewRow row, DataViewSchema.Column column, int rows, OnnxColumnType type) : ColumnBatch
    {
        private readonly ItemReader<ReadOnlyMemory<char>> _read = ItemsOf<ReadOnlyMemory<char>>(row, column);
        private readonly ReadOnlyMemory<char>[] _items = new ReadOnlyMemory<char>[type.Width];
        private readonly string[] _values = new string[rows * type.Width];

        /// <inheritdoc/>
        public override void Read(int row)
        {
            _read(_items);
            for (int i = 0; i < _items.Length; i++)
                _values[(row * type.Width) + i] = _items[i].ToString();
        }

        /// <inheritdoc/>
        public override OrtValue ToTensor(int rows)
        {
            var tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [rows, .. type.Dimensions]);
            for (int i = 0; i < rows * type.Width; i++)
                tensor.StringTensorSetElementAt(_values[i].AsSpan(), i);
            return tensor;
        }
    }
}
