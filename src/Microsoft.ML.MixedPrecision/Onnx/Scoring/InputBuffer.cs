using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>What a model reads of the rows of a batch.</summary>
internal abstract class InputBuffer : IDisposable
{
    /// <summary>Takes the value of the current row.</summary>
    /// <param name="row">Where to.</param>
    public abstract void Read(int row);

    /// <summary>Fills rows with zeros, or empty texts.</summary>
    /// <param name="from">The first such row.</param>
    /// <param name="to">The first row behind them.</param>
    public abstract void Clear(int from, int to);

    /// <summary>The first rows as a value of ONNX Runtime; belongs to this buffer and is valid until the next call.</summary>
    public abstract OrtValue ToValue(int rows);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>A buffer.</summary>
    /// <param name="column">Where the values come from: a column that fits.</param>
    /// <param name="port">The model's input.</param>
    /// <param name="rows">Rows that it holds.</param>
    public static InputBuffer Create(RowColumn column, ModelPort port, int rows) => port.Type switch
    {
        OnnxElementType.Float => new Numbers<float>(column, port, rows),
        OnnxElementType.Float16 => new Halves(column, port, rows),
        OnnxElementType.Double => new Numbers<double>(column, port, rows),
        OnnxElementType.Bool => new Numbers<bool>(column, port, rows),
        OnnxElementType.Int8 => new Numbers<sbyte>(column, port, rows),
        OnnxElementType.Int16 => new Numbers<short>(column, port, rows),
        OnnxElementType.Int32 => new Numbers<int>(column, port, rows),
        OnnxElementType.Int64 => new Numbers<long>(column, port, rows),
        OnnxElementType.UInt8 => new Numbers<byte>(column, port, rows),
        OnnxElementType.UInt16 => new Numbers<ushort>(column, port, rows),
        OnnxElementType.UInt32 => new Numbers<uint>(column, port, rows),
        OnnxElementType.UInt64 => new Numbers<ulong>(column, port, rows),
        OnnxElementType.String => new Texts(column, port, rows),
        _ => throw UnknownValue.Of(port.Type),
    };

    private sealed class Numbers<T>(RowColumn column, ModelPort port, int rows) : InputBuffer
        where T : unmanaged
    {
        private readonly ItemReader<T> _read = column.Reader<T>();
        private readonly TensorBuffer<T> _tensor = new(port, rows);

        /// <inheritdoc/>
        public override void Read(int row) => _read(_tensor.Row(row));

        /// <inheritdoc/>
        public override void Clear(int from, int to) => _tensor.Values.AsSpan((from * port.Width)..(to * port.Width)).Clear();

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows) => _tensor.ToValue(rows);

        /// <inheritdoc/>
        public override void Dispose() => _tensor.Dispose();
    }

    private sealed class Halves(RowColumn column, ModelPort port, int rows) : InputBuffer
    {
        private readonly ItemReader<float> _read = column.Reader<float>();
        private readonly float[] _items = new float[port.Width];
        private readonly TensorBuffer<Half> _tensor = new(port, rows);

        /// <inheritdoc/>
        public override void Read(int row)
        {
            _read(_items);
            TensorPrimitives.ConvertToHalf(_items, _tensor.Row(row));
        }

        /// <inheritdoc/>
        public override void Clear(int from, int to) => _tensor.Values.AsSpan((from * port.Width)..(to * port.Width)).Clear();

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows) => _tensor.ToValue(rows);

        /// <inheritdoc/>
        public override void Dispose() => _tensor.Dispose();
    }

    private sealed class Texts(RowColumn column, ModelPort port, int rows) : InputBuffer
    {
        private readonly ItemReader<ReadOnlyMemory<char>> _read = column.Reader<ReadOnlyMemory<char>>();
        private readonly ReadOnlyMemory<char>[] _items = new ReadOnlyMemory<char>[checked(rows * port.Width)];
        private OrtValue? _value;

        /// <inheritdoc/>
        public override void Read(int row)
        {
            var items = _items.AsSpan(row * port.Width, port.Width);
            _read(items);

            // The cursor may write the next row's characters where this one's are.
            foreach (ref var item in items)
            {
                item = item.ToArray();
            }
        }

        /// <inheritdoc/>
        public override void Clear(int from, int to) => _items.AsSpan((from * port.Width)..(to * port.Width)).Clear();

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows)
        {
            _value?.Dispose();
            _value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, port.Shape(rows));
            for (int i = 0; i < rows * port.Width; i++)
            {
                _value.StringTensorSetElementAt(_items[i].Span, i);
            }

            return _value;
        }

        /// <inheritdoc/>
        public override void Dispose()
        {
            _value?.Dispose();
            _value = null;
        }
    }
}
