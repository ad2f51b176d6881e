namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>A <see cref="LostGradient"/> between two looks.</summary>
/// <param name="IsTried">Whether the suspicion has been tried.</param>
/// <param name="IsSaid">Whether a person was told.</param>
internal sealed record LostGradientState(bool IsTried, bool IsSaid);
