using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Loss and hits of a validation batch, computed on a card.</summary>
internal sealed unsafe class CudaValidationLoss : IDisposable
{
    private readonly CudaDevice _device;
    private readonly DeviceMemory _labels;
    private readonly DeviceMemory _weights;
    private readonly DeviceMemory _block;

    /// <summary>Allocates.</summary>
    /// <param name="device">The card.</param>
    /// <param name="rows">Rows of the largest batch.</param>
    /// <param name="divisor">Rows of the whole validation.</param>
    public CudaValidationLoss(CudaDevice device, int rows, int divisor)
    {
        _device = device;
        _labels = device.Allocate(sizeof(int) * (long)rows);
        _weights = device.Allocate(sizeof(float) * (long)rows);
        _block = device.Allocate(sizeof(Block));
        device.Write<Block>(_block.Address, [new Block { Scale = 1, Divisor = divisor }]);
    }

    /// <summary>Σ wᵢℓᵢ ÷ divisor, and rows whose first largest logit is the label's.</summary>
    /// <param name="logits">The batch.</param>
    /// <param name="labels">Its classes.</param>
    /// <param name="weights">Its weights, or none: all 1.</param>
    public (double Loss, int Correct) Run(Tensor logits, ReadOnlySpan<int> labels, ReadOnlySpan<float> weights)
    {
        _device.Write(_labels.Address, labels);
        _device.Write(_weights.Address, weights);
        Block local;
        byte* start = (byte*)&local;
        nint block = _block.Address;
        CrossEntropyKernel.Run(_device, new CrossEntropyCudaArguments
        {
            Logits = logits,
            Labels = (int*)_labels.Address,
            Weights = weights.IsEmpty ? null : (float*)_weights.Address,
            Scale = (float*)(block + (nint)((byte*)&local.Scale - start)),
            Divisor = (int*)(block + (nint)((byte*)&local.Divisor - start)),
            Scratch = _device.Scratch(CrossEntropyKernel.CudaScratchBytes(logits.Rows)),
            Loss = (double*)(block + (nint)((byte*)&local.Loss - start)),
            Correct = (int*)(block + (nint)((byte*)&local.Correct - start)),
            First = true,
        });
        Span<Block> result = stackalloc Block[1];
        _device.Read(_block.Address, result);
        return (result[0].Loss, result[0].Correct);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _labels.Dispose();
        _weights.Dispose();
        _block.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Block
    {
        public double Loss;
        public float Scale;
        public int Divisor;
        public int Correct;
    }
}
