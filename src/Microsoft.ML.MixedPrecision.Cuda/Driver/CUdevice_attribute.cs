namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Properties of a card that are read.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html</remarks>
internal enum CUdevice_attribute
{
    /// <summary>Multiprocessors.</summary>
    CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,

    /// <summary>Bytes of the L2 cache.</summary>
    CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,

    /// <summary>Compute capability before the point.</summary>
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,

    /// <summary>Compute capability behind the point.</summary>
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,

    /// <summary>Bytes of shared memory that a block can have where it is asked for.</summary>
    CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
}
