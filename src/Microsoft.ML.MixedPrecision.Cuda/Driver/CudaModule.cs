using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Machine code on the device.</summary>
internal sealed unsafe class CudaModule : CudaHandle
{
    /// <summary>Loads machine code.</summary>
    /// <param name="context">The context.</param>
    /// <param name="cubin">The machine code, for this card's architecture.</param>
    /// <exception cref="CudaException">It is for another architecture, or damaged.</exception>
    public CudaModule(CudaContext context, byte[] cubin)
        : base(context)
        => Own(() =>
        {
            fixed (byte* image = cubin)
            {
                ThrowIfFailed(cuModuleLoadData(out nint module, image));
                return module;
            }
        });

    /// <summary>A kernel.</summary>
    /// <param name="name">Its name, declared <c>extern "C"</c>.</param>
    /// <exception cref="CudaException">There is none of that name.</exception>
    public CudaKernel GetKernel(string name)
    {
        using CudaContextScope scope = Context.Enter();
        ThrowIfFailed(cuModuleGetFunction(out nint function, this, name));
        return new CudaKernel(this, function);
    }

    /// <inheritdoc/>
    protected override bool Free() => cuModuleUnload(handle) == CUresult.CUDA_SUCCESS;
}
