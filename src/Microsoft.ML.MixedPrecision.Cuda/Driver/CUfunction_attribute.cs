namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Properties of a function that are changed.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html</remarks>
internal enum CUfunction_attribute
{
    /// <summary>Bytes of shared memory that a launch may ask for beyond what the function declares.</summary>
    CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
}
