using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>What a model makes for the rows of a batch.</summary>
/// <param name="port">The model's output.</param>
internal abstract class OutputBuffer(ModelPort port) : IDisposable
{
    /// <summary>Memory for the first rows as a value of ONNX Runtime; belongs to this buffer and is valid until the next call.</summary>
    public abstract OrtValue ToValue(int rows);

    /// <summary>Takes what ONNX Runtime has written to <see cref="ToValue"/>.</summary>
    /// <param name="rows">The rows that were asked for.</param>
    public abstract void Fetch(int rows);

    /// <summary>A getter of the column.</summary>
    /// <param name="row">The current row.</param>
    /// <returns>A <c>ValueGetter</c> of the column's type.</returns>
    public abstract Delegate Getter(Func<int> row);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>A buffer.</summary>
    /// <param name="port">The model's output.</param>
    /// <param name="rows">Rows that it holds.</param>
    public static OutputBuffer Create(ModelPort port, int rows) => port.Type switch
    {
        OnnxElementType.Float => new Numbers<float>(port, rows),
        OnnxElementType.Float16 => new Halves(port, rows),
        OnnxElementType.Double => new Numbers<double>(port, rows),
        OnnxElementType.Bool => new Numbers<bool>(port, rows),
        OnnxElementType.Int8 => new Numbers<sbyte>(port, rows),
        OnnxElementType.Int16 => new Numbers<short>(port, rows),
        OnnxElementType.Int32 => new Numbers<int>(port, rows),
        OnnxElementType.Int64 => new Numbers<long>(port, rows),
        OnnxElementType.UInt8 => new Numbers<byte>(port, rows),
        OnnxElementType.UInt16 => new Numbers<ushort>(port, rows),
        OnnxElementType.UInt32 => new Numbers<uint>(port, rows),
        OnnxElementType.UInt64 => new Numbers<ulong>(port, rows),
        OnnxElementType.String => new Texts(port, rows),
        _ => throw UnknownValue.Of(port.Type),
    };

    /// <summary>A getter of rows of an array.</summary>
    /// <param name="values">The elements, row after row.</param>
    /// <param name="row">The current row.</param>
    private protected Delegate Getter<T>(T[] values, Func<int> row)
    {
        int width = port.Width;
        ValueGetter<T> scalar = (ref T value) => value = values[row()];
        ValueGetter<VBuffer<T>> vector = (ref VBuffer<T> value) =>
        {
            var editor = VBufferEditor.Create(ref value, width);
            values.AsSpan(row() * width, width).CopyTo(editor.Values);
            value = editor.Commit();
        };
        return ColumnMap.IsScalar(port) ? scalar : vector;
    }

    private sealed class Numbers<T>(ModelPort port, int rows) : OutputBuffer(port)
        where T : unmanaged
    {
        private readonly TensorBuffer<T> _tensor = new(port, rows);

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows) => _tensor.ToValue(rows);

        /// <inheritdoc/>
        public override void Fetch(int rows)
        {
            // ONNX Runtime has written to the array itself.
        }

        /// <inheritdoc/>
        public override Delegate Getter(Func<int> row) => Getter(_tensor.Values, row);

        /// <inheritdoc/>
        public override void Dispose() => _tensor.Dispose();
    }

    private sealed class Halves(ModelPort port, int rows) : OutputBuffer(port)
    {
        private readonly TensorBuffer<Half> _tensor = new(port, rows);
        private readonly float[] _values = new float[checked(rows * port.Width)];

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows) => _tensor.ToValue(rows);

        /// <inheritdoc/>
        public override void Fetch(int rows) => TensorPrimitives.ConvertToSingle(_tensor.Values, _values);

        /// <inheritdoc/>
        public override Delegate Getter(Func<int> row) => Getter(_values, row);

        /// <inheritdoc/>
        public override void Dispose() => _tensor.Dispose();
    }

    private sealed class Texts(ModelPort port, int rows) : OutputBuffer(port)
    {
        private readonly ModelPort _port = port;
        private readonly ReadOnlyMemory<char>[] _values = new ReadOnlyMemory<char>[checked(rows * port.Width)];
        private OrtValue? _value;

        /// <inheritdoc/>
        public override OrtValue ToValue(int rows)
        {
            _value?.Dispose();
            return _value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, _port.Shape(rows));
        }

        /// <inheritdoc/>
        public override void Fetch(int rows)
        {
            for (int i = 0; i < rows * _port.Width; i++)
            {
                _values[i] = _value!.GetStringElementAsMemory(i);
            }
        }

        /// <inheritdoc/>
        public override Delegate Getter(Func<int> row) => Getter(_values, row);

        /// <inheritdoc/>
        public override void Dispose()
        {
            _value?.Dispose();
            _value = null;
        }
    }
}
