using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>A function of a module, which it holds. It goes with the module.</summary>
internal sealed unsafe class CudaKernel
{
    /// <summary>What every function may use without being asked.</summary>
    private const int OrdinarySharedBytes = 48 * 1024;

    private readonly CudaModule _module;
    private readonly nint _function;
    private int _allowedSharedBytes = OrdinarySharedBytes;

    /// <summary>A function.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="function">The driver's handle.</param>
    public CudaKernel(CudaModule module, nint function)
    {
        _module = module;
        _function = function;
    }

    /// <summary>Adds a launch to a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shape">Blocks and threads.</param>
    /// <param name="arguments">The address of each argument's value, in order; read before this returns.</param>
    /// <exception cref="CudaException">The shape is more than the card has.</exception>
    /// <exception cref="ObjectDisposedException">The module has been unloaded.</exception>
    public void Launch(CudaStream stream, in LaunchShape shape, void** arguments)
    {
        ObjectDisposedException.ThrowIf(_module.IsClosed, _module);
        Allow(shape.SharedBytes);
        ThrowIfFailed(
            cuLaunchKernel(
                _function,
                shape.Grid.X,
                shape.Grid.Y,
                shape.Grid.Z,
                shape.Block.X,
                shape.Block.Y,
                shape.Block.Z,
                (uint)shape.SharedBytes,
                stream,
                arguments,
                null));
    }

    /// <summary>Adds a launch of a kernel with one parameter, a structure by value.</summary>
    /// <typeparam name="T">The structure, laid out as the kernel's.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="shape">Blocks and threads.</param>
    /// <param name="argument">The value.</param>
    /// <exception cref="CudaException">The shape is more than the card has.</exception>
    /// <exception cref="ObjectDisposedException">The module has been unloaded.</exception>
    public void Launch<T>(CudaStream stream, in LaunchShape shape, in T argument)
        where T : unmanaged
    {
        fixed (T* value = &argument)
        {
            void* arguments = value;
            Launch(stream, shape, &arguments);
        }
    }

    private void Allow(int sharedBytes)
    {
        if (sharedBytes > _allowedSharedBytes)
        {
            ThrowIfFailed(
                cuFuncSetAttribute(_function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, sharedBytes));
            _allowedSharedBytes = sharedBytes;
        }
    }
}
