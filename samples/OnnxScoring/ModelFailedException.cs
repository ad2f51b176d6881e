namespace OnnxScoring;

/// <summary>The model failed on the batch that a request was part of.</summary>
/// <param name="rows">Rows of the batch.</param>
/// <param name="cause">The model's own words, for the log: they may tell more than a client should know.</param>
internal sealed class BatchFailedException(int rows, Exception cause)
    : Exception($"The model failed on a batch of {rows} rows that this request was part of; the service's log says why.", cause);
