using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The tensors of a batch normalisation copied to the card.</summary>
internal sealed class CudaBatchNormCase : IDisposable
{
    private readonly CudaTensor[] _tensors;
    private readonly DeviceMemory _position;

    /// <summary>Copies.</summary>
    public CudaBatchNormCase(CudaDevice device, BatchNormCase host)
    {
        _tensors = [.. host.All.Select(tensor => new CudaTensor(device, tensor))];
        _position = device.Allocate(16);
        device.Write(_position.Address, [host.Position]);
    }

    public BatchNormArguments Arguments
        => new() { X = _tensors[0], Scale = _tensors[1], Shift = _tensors[2], Statistics = _tensors[3], Y = _tensors[4] };

    public BatchNormGradients Gradients => new() { Dy = _tensors[5], Dx = _tensors[6], DScale = _tensors[7], DShift = _tensors[8] };

    public BatchNormRunning Running => new(new(_tensors[9], _tensors[10]), new(_tensors[11], _tensors[12]), _position.Address);

    /// <summary>The host's tensors, now as the card's are.</summary>
    public void Download()
    {
        foreach (CudaTensor tensor in _tensors)
        {
            tensor.Download();
        }
    }

    public void Dispose()
    {
        foreach (CudaTensor tensor in _tensors)
        {
            tensor.Dispose();
        }

        _position.Dispose();
    }
}
