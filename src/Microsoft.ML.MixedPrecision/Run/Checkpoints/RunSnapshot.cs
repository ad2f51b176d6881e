using Microsoft.ML.MixedPrecision.Run.Advice;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>What a run knows beside its plan, between two steps or between two epochs.</summary>
internal sealed record RunSnapshot
{
    /// <summary>The epoch that has begun and not ended; null between two epochs.</summary>
    public required EpochPassesState? Passes { get; init; }

    /// <summary>Steps of its pass that were attempted.</summary>
    public required int StepsOfPass { get; init; }

    /// <summary>The epochs that have ended, and what is known of this one.</summary>
    public required HistoryState History { get; init; }

    /// <summary>What was seen and said.</summary>
    public required AdvisorState Advisor { get; init; }

    /// <summary>What of the gradient was tried.</summary>
    public required LostGradientState Gradient { get; init; }

    /// <summary>The epoch with the smallest validation loss, and the patience with those after it; null without validation.</summary>
    public required BestState? Best { get; init; }

    /// <summary>Time of the epoch that has not ended.</summary>
    public required double SecondsOfEpoch { get; init; }

    /// <summary>Time of the whole training.</summary>
    public required double Seconds { get; init; }

    /// <summary>How the run has ended; null while it has not.</summary>
    public required RunEnd? End { get; init; }
}

/// <summary>How a run has ended.</summary>
/// <param name="Reason">As in <see cref="TrainingResult.StopReason"/>.</param>
/// <param name="IsEarly">Whether it was stopped: the best weights are wanted, where there are such.</param>
internal sealed record RunEnd(string Reason, bool IsEarly);
