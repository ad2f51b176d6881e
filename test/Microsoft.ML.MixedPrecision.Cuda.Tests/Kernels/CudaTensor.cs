using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>A test's tensor copied to the card, guard zones included; <see cref="Download"/> copies all of it back.</summary>
internal sealed unsafe class CudaTensor : IDisposable
{
    private const int Guard = 64;

    private readonly CudaDevice _device;
    private readonly TestTensor _host;
    private readonly DeviceMemory _memory;

    /// <summary>Copies.</summary>
    public CudaTensor(CudaDevice device, TestTensor host)
    {
        (_device, _host) = (device, host);
        _memory = device.Allocate(host.Value.Bytes + (2 * Guard));
        device.Context.MakeCurrent();
        device.Stream.CopyToDevice((void*)(host.Value.Address - Guard), _memory.Address, _memory.Bytes);
        device.Synchronize();
        Value = host.Value with { Address = _memory.Address + Guard };
    }

    /// <summary>The tensor on the card.</summary>
    public Tensor Value { get; }

    public static implicit operator Tensor(CudaTensor tensor) => tensor.Value;

    /// <summary>The host's tensor, now as the card's is.</summary>
    public TestTensor Download()
    {
        _device.Context.MakeCurrent();
        _device.Stream.CopyToHost(_memory.Address, (void*)(_host.Value.Address - Guard), _memory.Bytes);
        _device.Synchronize();
        return _host;
    }

    public void Dispose() => _memory.Dispose();
}
