using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>What losses read and leave where rows are measured and nothing trains, in the device's memory.</summary>
internal sealed unsafe class LossBlock : IDisposable
{
    private readonly Device _device;
    private readonly DeviceMemory _memory;
    private readonly int _positions;

    /// <summary>Allocates.</summary>
    /// <param name="device">Where the forward pass runs.</param>
    /// <param name="positions">Labelled positions of all batches.</param>
    public LossBlock(Device device, int positions)
    {
        (_device, _positions) = (device, positions);
        _memory = device.Allocate(sizeof(Numbers));
        Numbers local;
        byte* start = (byte*)&local;
        Places = new LossPlaces
        {
            Scale = _memory.Address + (nint)((byte*)&local.Scale - start),
            Positions = _memory.Address + (nint)((byte*)&local.Positions - start),
            Loss = _memory.Address + (nint)((byte*)&local.Loss - start),
            Correct = _memory.Address + (nint)((byte*)&local.Correct - start),
        };
    }

    /// <summary>For the operations.</summary>
    public LossPlaces Places { get; }

    /// <summary>Before a batch: nothing measured.</summary>
    public void Begin() => _device.Write<Numbers>(_memory.Address, [new Numbers { Scale = 1, Positions = _positions }]);

    /// <summary>The batch's Σ wᵢℓᵢ ÷ labelled positions, and its right answers.</summary>
    public (double Loss, int Correct) Read()
    {
        Span<Numbers> numbers = stackalloc Numbers[1];
        _device.Read(_memory.Address, numbers);
        return (numbers[0].Loss, numbers[0].Correct);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    [StructLayout(LayoutKind.Sequential)]
    private struct Numbers
    {
        public double Loss;
        public float Scale;
        public int Positions;
        public int Correct;
    }
}
