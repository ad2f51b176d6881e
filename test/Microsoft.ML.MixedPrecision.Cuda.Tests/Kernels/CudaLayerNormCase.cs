using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tests.Ops;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The tensors of a normalisation copied to the card, and working memory full of NaN.</summary>
internal sealed class CudaLayerNormCase : IDisposable
{
    private readonly CudaDevice _device;
    private readonly CudaTensor[] _tensors;
    private readonly DeviceMemory _scratch;
    private readonly float _epsilon;

    /// <summary>Copies.</summary>
    public CudaLayerNormCase(CudaDevice device, LayerNormCase host)
    {
        (_device, _epsilon) = (device, host.Epsilon);
        _tensors = [
            .. new[]
            {
                host.X,
                host.Scale,
                host.Shift,
                host.Statistics,
                host.Y,
                host.Dy,
                host.Dx,
                host.DScale,
                host.DShift,
            }.Select(tensor => new CudaTensor(device, tensor))];
        _scratch = device.Allocate(LayerNormKernel.CudaScratchBytes(host.X.Value.Rows, host.X.Value.Columns));
        device.Context.MakeCurrent();
        device.Stream.Fill(_scratch.Address, 0xFF, _scratch.Bytes);
    }

    public LayerNormArguments Arguments(ActivationKind kind) => new()
    {
        X = _tensors[0],
        Scale = _tensors[1],
        Shift = _tensors[2],
        Activation = kind,
        Epsilon = _epsilon,
        Statistics = _tensors[3],
        Y = _tensors[4],
    };

    public LayerNormGradients Gradients() => new() { Dy = _tensors[5], Dx = _tensors[6], DScale = _tensors[7], DShift = _tensors[8] };

    public void Forward(in LayerNormArguments arguments) => LayerNormKernel.Forward(_device, arguments);

    public void Backward(in LayerNormArguments arguments, in LayerNormGradients gradients)
        => LayerNormKernel.Backward(_device, arguments, gradients, _scratch.Address);

    /// <summary>The host's tensors, now as the card's are, with nothing written beside their elements.</summary>
    public void Download()
    {
        foreach (CudaTensor tensor in _tensors)
        {
            tensor.Download().AssertPaddingUntouched();
        }
    }

    public void Dispose()
    {
        foreach (CudaTensor tensor in _tensors)
        {
            tensor.Dispose();
        }

        _scratch.Dispose();
    }
}
