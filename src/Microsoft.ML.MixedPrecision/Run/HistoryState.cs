using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>A <see cref="TrainingHistory"/> between two steps.</summary>
/// <param name="Ended">The epochs that have ended.</param>
/// <param name="Attempts">The attempts that are kept, and how the next ones will be.</param>
/// <param name="Epoch">The totals of the epoch that has not ended.</param>
/// <param name="Seconds">Time of the epochs that have ended.</param>
/// <param name="Rows">Rows of each; 0 before one has ended.</param>
internal sealed record HistoryState(
    IReadOnlyList<EpochState> Ended,
    AttemptLogState Attempts,
    EpochTotalsState Epoch,
    double Seconds,
    int Rows);
