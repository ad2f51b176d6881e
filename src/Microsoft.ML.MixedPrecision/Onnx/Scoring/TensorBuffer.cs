using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Memory of an input or output for the rows of a batch, which ONNX Runtime reads and writes in place. Serves one
/// cursor.</summary>
/// <typeparam name="T">Type of the elements, as the model has them.</typeparam>
/// <remarks>
/// The array is allocated pinned, not pinned later: a cursor that is forgotten instead of disposed of leaves nothing pinned behind.
/// </remarks>
internal sealed class TensorBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly ModelPort _port;
    private OrtValue? _value;
    private int _valueRows;

    /// <summary>Takes memory.</summary>
    /// <param name="port">The input or output.</param>
    /// <param name="rows">Rows that it holds.</param>
    public TensorBuffer(ModelPort port, int rows)
    {
        _port = port;
        Values = GC.AllocateArray<T>(checked(rows * port.Width), pinned: true);
    }

    /// <summary>The elements, row after row.</summary>
    public T[] Values { get; }

    /// <summary>The elements of a row.</summary>
    public Span<T> Row(int row) => Values.AsSpan(row * _port.Width, _port.Width);

    /// <summary>The first rows as a value of ONNX Runtime; belongs to this buffer and is valid until the next call.</summary>
    public unsafe OrtValue ToValue(int rows)
    {
        if (_value is null || _valueRows != rows)
        {
            _value?.Dispose();
            void* address = Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Values));
            _value = OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance,
                ElementTypes.ToRuntime(_port.Type),
                _port.Shape(rows),
                (nint)address,
                (long)rows * _port.Width * sizeof(T));
            _valueRows = rows;
        }

        return _value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _value?.Dispose();
        _value = null;
    }
}
