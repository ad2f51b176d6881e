using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Recorded work, ready to launch; made by <see cref="CudaStream.Capture"/>.</summary>
internal sealed unsafe class CudaGraph : CudaHandle
{
    /// <summary>Instantiates a recording.</summary>
    /// <param name="context">The context.</param>
    /// <param name="recorded">The recording; stays the caller's.</param>
    /// <exception cref="CudaException">The device is out of memory or lost.</exception>
    public CudaGraph(CudaContext context, nint recorded)
        : base(context)
    {
        ThrowIfFailed(cuGraphGetNodes(recorded, null, out nuint nodes));
        Nodes = (int)nodes;
        Own(() =>
        {
            ThrowIfFailed(cuGraphInstantiateWithFlags(out nint executable, recorded, 0));
            return executable;
        });
    }

    /// <summary>Kernels, copies and fills in it.</summary>
    public int Nodes { get; }

    /// <summary>Adds all its work to a stream.</summary>
    /// <param name="stream">The stream.</param>
    public void Launch(CudaStream stream) => ThrowIfFailed(cuGraphLaunch(this, stream));

    /// <inheritdoc/>
    protected override bool Free() => cuGraphExecDestroy(handle) == CUresult.CUDA_SUCCESS;
}
