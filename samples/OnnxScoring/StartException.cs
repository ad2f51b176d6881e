namespace OnnxScoring;

/// <summary>The service cannot start.</summary>
/// <param name="message">Why, and what to do.</param>
/// <param name="cause">What it was found by.</param>
internal sealed class StartException(string message, Exception? cause = null) : Exception(message, cause);
