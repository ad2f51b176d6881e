using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>A session with the number of its users; the last one closes it. What nobody returns, its own finalizer frees.</summary>
/// <param name="opened">The session; its maker is the first user.</param>
internal sealed class SharedSession(OpenedSession<InferenceSession> opened)
{
    private int _users = 1;

    /// <summary>The session, where it computes, and why there.</summary>
    public OpenedSession<InferenceSession> Opened => opened;

    /// <summary>Counts one more user.</summary>
    public void Take() => Interlocked.Increment(ref _users);

    /// <summary>Counts one user less.</summary>
    public void Return()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            opened.Session.Dispose();
        }
    }
}

/// <summary>A share of a session.</summary>
internal sealed class SessionLease : IDisposable
{
    private readonly SharedSession _shared;
    private int _returned;

    /// <summary>Takes a share.</summary>
    public SessionLease(SharedSession shared)
    {
        shared.Take();
        _shared = shared;
    }

    /// <summary>The session.</summary>
    public InferenceSession Session => _shared.Opened.Session;

    /// <summary>Where it computes.</summary>
    public ComputeDevice Device => _shared.Opened.Device;

    /// <summary>Why there.</summary>
    public string Reason => _shared.Opened.Reason;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0)
        {
            _shared.Return();
        }
    }
}
