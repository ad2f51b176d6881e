namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>CUDA cannot be used on this machine: no driver, no card, or no libraries. The message says what was tried and what to
/// do.</summary>
/// <param name="message">The message.</param>
internal sealed class CudaUnavailableException(string message) : NotSupportedException(message);
