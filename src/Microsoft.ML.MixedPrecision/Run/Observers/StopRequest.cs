namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Whether somebody wants a run to stop before its next step, and to keep what it has learned. Safe for many threads.</summary>
/// <param name="token">Asks for it too.</param>
internal sealed class StopRequest(CancellationToken token)
{
    private volatile bool _isRequested;

    /// <summary>Whether the run shall stop.</summary>
    public bool IsRequested => _isRequested || token.IsCancellationRequested;

    /// <summary>Asks for it.</summary>
    public void Request() => _isRequested = true;
}
