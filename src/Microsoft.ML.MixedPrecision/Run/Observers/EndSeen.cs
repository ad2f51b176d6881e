namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Knows whether observers have been told of a run's end.</summary>
internal sealed class EndSeen : IRunObserver
{
    /// <summary>Whether they have.</summary>
    public bool IsSeen { get; set; }

    /// <inheritdoc/>
    public void OnEnded(RunEnded ended) => IsSeen = true;
}
