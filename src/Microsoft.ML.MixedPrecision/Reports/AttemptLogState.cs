namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>An <see cref="AttemptLog"/> between two attempts.</summary>
/// <param name="Epoch">What is kept of the epoch that has not ended.</param>
/// <param name="Last">The last attempt, kept or not; none before the first.</param>
/// <param name="Stride">Attempts 1, 1 + stride, … are kept.</param>
/// <param name="EventsUntil">The last attempt that is kept for what happened in it.</param>
/// <param name="Events">Attempts so far in which something happened.</param>
/// <param name="Regular">Attempts that are kept for their number.</param>
internal sealed record AttemptLogState(
    IReadOnlyList<StepMetrics> Epoch, IReadOnlyList<StepMetrics> Last, long Stride, long EventsUntil, int Events, int Regular);
