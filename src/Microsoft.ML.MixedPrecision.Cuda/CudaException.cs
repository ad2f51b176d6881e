namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>A call to one of NVIDIA's libraries failed; the message holds the library's own name and text of the error and what to do.</summary>
/// <param name="message">The message.</param>
/// <param name="status">The library's number of the error.</param>
internal sealed class CudaException(string message, int status) : InvalidOperationException(message)
{
    /// <summary>The library's number of the error: a <c>CUresult</c>, <c>nvrtcResult</c> or <c>cublasStatus_t</c>.</summary>
    public int Status { get; } = status;
}
