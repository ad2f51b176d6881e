using Microsoft.ML.MixedPrecision.Data;
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

    private sealed class NumberBatch<T>(DataViewRow row, DataViewSchema.Column column, int rows, OnnxColumnType type) : ColumnBatch
        where T : unmanaged
    {
        private readonly ItemReader<T> _read = new RowColumn(row, column).Reader<T>();
        private readonly T[] _values = new T[rows * type.Width];

        /// <inheritdoc/>
        public override void Read(int row) => _read(_values.AsSpan(row * type.Width, type.Width));

        /// <inheritdoc/>
        public override OrtValue ToTensor(int rows)
            => OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance,
                _values.AsMemory(0, rows * type.Width),
                [rows, .. type.Dimensions]);
    }

    private sealed class TextBatch(DataViewRow row, DataViewSchema.Column column, int rows, OnnxColumnType type) : ColumnBatch
    {
        private readonly ItemReader<ReadOnlyMemory<char>> _read = new RowColumn(row, column).Reader<ReadOnlyMemory<char>>();
        private readonly ReadOnlyMemory<char>[] _items = new ReadOnlyMemory<char>[type.Width];
        private readonly string[] _values = new string[rows * type.Width];

        /// <inheritdoc/>
        public override void Read(int row)
        {
            _read(_items);
            for (int i = 0; i < _items.Length; i++)
            {
                _values[(row * type.Width) + i] = _items[i].ToString();
            }
        }

        /// <inheritdoc/>
        public override OrtValue ToTensor(int rows)
        {
            var tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [rows, .. type.Dimensions]);
            for (int i = 0; i < rows * type.Width; i++)
            {
                tensor.StringTensorSetElementAt(_values[i].AsSpan(), i);
            }

            return tensor;
        }
    }
}
