namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>How an event is made.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html</remarks>
internal enum CUevent_flags
{
    /// <summary>Notes its time.</summary>
    CU_EVENT_DEFAULT = 0,

    /// <summary>Orders only: cheaper.</summary>
    CU_EVENT_DISABLE_TIMING = 2,
}
