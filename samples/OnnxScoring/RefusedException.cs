namespace OnnxScoring;

/// <summary>A request that is the client's to mend.</summary>
/// <param name="status">The status to answer with.</param>
/// <param name="message">What was sent, what is allowed.</param>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    /// <summary>The status to answer with.</summary>
    public int Status => status;
}
