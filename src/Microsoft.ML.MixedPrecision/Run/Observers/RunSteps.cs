using Microsoft.ML.MixedPrecision.Run;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Steps that have ended.</summary>
public sealed record RunSteps
{
    /// <summary>The attempted steps since the last event, in order; at least one.</summary>
    public required IReadOnlyList<StepMetrics> Steps { get; init; }

    /// <summary>What stops the run; null for an event that no run made.</summary>
    internal StopRequest? Stop { get; init; }

    /// <summary>
    /// Ends training before its next step, as <see cref="NetworkTrainerOptions.StopToken"/> does: <c>Fit</c> gives the model. May be called
    /// later and on any thread too; after the run it does nothing.
    /// </summary>
    public void RequestStop() => Stop?.Request();
}
