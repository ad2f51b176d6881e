namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>A call to one of NVIDIA's libraries failed; the message holds the library's own name and text of the error and what to
/// do.</summary>
/// <param name="message">The message.</param>
internal sealed class CudaException(string message) : InvalidOperationException(message);
