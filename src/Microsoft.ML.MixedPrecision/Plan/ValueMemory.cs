using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// The memory of a layout's values and gradients: one arena in which buffers of disjoint lifetimes share bytes; on a guarded card
/// (<see cref="CudaDevice.IsGuarded"/>) an allocation of its own for each, of exactly its size and not zeroed, so that a memory checker
/// sees every access beyond it and every read before a write.
/// </summary>
internal sealed class ValueMemory : IDisposable
{
    private readonly ValueLayout _layout;
    private readonly bool _hasZeroPaddedInput;
    private readonly Dictionary<(Value, bool), DeviceMemory> _guarded = [];
    private readonly DeviceMemory _arena;

    /// <summary>Allocates.</summary>
    /// <param name="device">Where.</param>
    /// <param name="layout">What.</param>
    /// <exception cref="InsufficientMemoryException">The device has too little memory.</exception>
    public ValueMemory(Device device, ValueLayout layout)
    {
        _layout = layout;
        _hasZeroPaddedInput = device is CudaDevice;
        bool isGuarded = device is CudaDevice { IsGuarded: true };
        _arena = device.Allocate(isGuarded ? 0 : layout.Bytes);
        if (isGuarded)
        {
            foreach ((Value value, bool ofGradient, long bytes) in layout.Buffers)
            {
                CudaMemory memory = ((CudaDevice)device).AllocateAsItIs(bytes);
                _guarded.Add((value, ofGradient), memory);
                if (value.Kind == ElementKind.Number)
                {
                    ZeroPadding(
                        (CudaDevice)device,
                        ValueLayout.View(value, ofGradient ? value.GradientFormat : value.Format, memory.Address, layout.Largest));
                }
            }
        }
    }

    /// <summary>Bytes.</summary>
    public long Bytes => _arena.Bytes + _guarded.Values.Sum(memory => memory.Bytes);

    /// <summary>A value's memory: (examples · rows per example, columns).</summary>
    public Tensor Value(Value value, BatchSize batch)
    {
        Tensor tensor = _guarded.Count == 0
            ? _layout.Value(value, _arena.Address, batch)
            : Guarded(value, ofGradient: false, value.Format, batch);

        // Rows of the store, which the card copies with their padding.
        return _hasZeroPaddedInput && value.Root == _layout.Input ? tensor with { IsZeroPadded = true } : tensor;
    }

    /// <summary>The memory of a value of words: (examples · rows per example, columns).</summary>
    public Words Words(Value value, BatchSize batch)
        => _guarded.Count == 0
            ? _layout.Words(value, _arena.Address, batch)
            : ValueLayout.WordsOf(value, _guarded[(value.Root, false)].Address, batch);

    /// <summary>The memory of a value's gradient.</summary>
    public Tensor Gradient(Value value, BatchSize batch)
        => _guarded.Count == 0
            ? _layout.Gradient(value, _arena.Address, batch)
            : Guarded(value, ofGradient: true, value.GradientFormat, batch);

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena.Dispose();
        foreach (DeviceMemory memory in _guarded.Values)
        {
            memory.Dispose();
        }
    }

    /// <summary>Products read whole vectors of 16 bytes, the padding too, and drop what they make of it: that must not hide the reads that
    /// matter.</summary>
    private static unsafe void ZeroPadding(CudaDevice card, Tensor tensor)
    {
        int bytes = tensor.Format.BytesPerElement();
        for (int row = 0; row < tensor.Rows && tensor.Pitch > tensor.Columns; row++)
        {
            card.Stream.Fill((nint)tensor.Row(row) + (tensor.Columns * bytes), 0, (long)(tensor.Pitch - tensor.Columns) * bytes);
        }
    }

    private Tensor Guarded(Value value, bool ofGradient, NumericFormat format, BatchSize batch)
        => ValueLayout.View(value, format, _guarded[(ofGradient ? value : value.Root, ofGradient)].Address, batch);
}
