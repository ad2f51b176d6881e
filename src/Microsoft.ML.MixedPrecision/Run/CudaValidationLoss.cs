using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Loss and hits of a validation batch, computed on a card.</summary>
internal sealed unsafe class CudaValidationLoss : IDisposable
{
    private readonly CudaDevice _device;
    private readonly Loss _loss;
    private readonly DeviceMemory _targets;
    private readonly DeviceMemory _weights;
    private readonly DeviceMemory _block;

    /// <summary>Allocates.</summary>
    /// <param name="device">The card.</param>
    /// <param name="loss">What is measured.</param>
    /// <param name="targetWords">Words of 4 bytes of a row's target.</param>
    /// <param name="rows">Rows of the largest batch.</param>
    /// <param name="divisor">Rows of the whole validation.</param>
    public CudaValidationLoss(CudaDevice device, Loss loss, int targetWords, int rows, int divisor)
    {
        (_device, _loss) = (device, loss);
        _targets = device.Allocate(sizeof(int) * (long)targetWords * rows);
        _weights = device.Allocate(sizeof(float) * (long)rows);
        _block = device.Allocate(sizeof(Block));
        device.Write<Block>(_block.Address, [new Block { Scale = 1, Divisor = divisor }]);
    }

    /// <summary>Σ wᵢℓᵢ ÷ divisor, and the number of right answers.</summary>
    /// <param name="logits">The batch.</param>
    /// <param name="targets">Its targets, words of 4 bytes.</param>
    /// <param name="weights">Its weights, or none: all 1.</param>
    public (double Loss, int Correct) Run(Tensor logits, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights)
    {
        _device.Write(_targets.Address, targets);
        _device.Write(_weights.Address, weights);
        Block local;
        byte* start = (byte*)&local;
        nint block = _block.Address;
        _loss.Run(_device, new LossCudaArguments
        {
            Logits = logits,
            Targets = (void*)_targets.Address,
            Weights = weights.IsEmpty ? null : (float*)_weights.Address,
            Scale = (float*)(block + (nint)((byte*)&local.Scale - start)),
            Divisor = (int*)(block + (nint)((byte*)&local.Divisor - start)),
            Scratch = _device.Scratch(_loss.CudaScratchBytes(logits.Rows, logits.Columns)),
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
        _targets.Dispose();
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
