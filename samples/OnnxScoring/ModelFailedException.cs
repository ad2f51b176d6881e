namespace OnnxScoring;

/// <summary>The model failed on a request.</summary>
/// <param name="rows">Rows of the request.</param>
/// <param name="cause">The model's own words, for the log: they may tell more than a client should know.</param>
internal sealed class ModelFailedException(int rows, Exception cause)
    : Exception($"The model failed on the {(rows == 1 ? "row" : $"{rows} rows")} of this request; the service's log says why.", cause);
