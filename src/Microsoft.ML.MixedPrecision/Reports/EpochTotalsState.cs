namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary><see cref="EpochTotals"/> between two attempts.</summary>
/// <param name="Open">The last attempt of each step that no attempt has committed, in the order in which their losses are added.</param>
/// <param name="Loss">Sum of loss times labelled positions of the others.</param>
/// <param name="LossPositions">Their positions.</param>
/// <param name="Attempts">As there.</param>
/// <param name="Skipped">As there.</param>
/// <param name="GradientNorm">As there.</param>
/// <param name="LearningRate">As there.</param>
internal sealed record EpochTotalsState(
    IReadOnlyList<StepMetrics> Open, double Loss, double LossPositions, int Attempts, int Skipped, double GradientNorm, float LearningRate);
