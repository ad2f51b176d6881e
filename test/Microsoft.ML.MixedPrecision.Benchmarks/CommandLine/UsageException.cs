namespace Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

/// <summary>The command line asks for something that there is not.</summary>
/// <param name="message">What was written, what is allowed.</param>
internal sealed class UsageException(string message) : Exception(message);
