namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Statuses of the driver that something is decided by; the driver itself names the others.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html</remarks>
internal enum CUresult
{
    /// <summary>The call has done its work.</summary>
    CUDA_SUCCESS = 0,

    /// <summary>The device, or pinned main memory, has not that much left.</summary>
    CUDA_ERROR_OUT_OF_MEMORY = 2,

    /// <summary>The libcuda that was loaded is the toolkit's stub to link with, not a driver.</summary>
    CUDA_ERROR_STUB_LIBRARY = 34,

    /// <summary>No card.</summary>
    CUDA_ERROR_NO_DEVICE = 100,

    /// <summary>No card of that ordinal.</summary>
    CUDA_ERROR_INVALID_DEVICE = 101,

    /// <summary>No context is current on the thread.</summary>
    CUDA_ERROR_INVALID_CONTEXT = 201,

    /// <summary>The machine code is for another architecture.</summary>
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209,

    /// <summary>No function of that name.</summary>
    CUDA_ERROR_NOT_FOUND = 500,

    /// <summary>The work is not done yet.</summary>
    CUDA_ERROR_NOT_READY = 600,

    /// <summary>A kernel read or wrote memory that is not its own; the context is lost.</summary>
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,

    /// <summary>A kernel asks for more registers, threads or shared memory than the card has.</summary>
    CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,

    /// <summary>A kernel failed while running; the context is lost.</summary>
    CUDA_ERROR_LAUNCH_FAILED = 719,

    /// <summary>The kernel module and the driver's libraries are of different versions.</summary>
    CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,

    /// <summary>The call is not allowed while a stream is captured.</summary>
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
}
