namespace Microsoft.ML.MixedPrecision.Run;

/// <summary><see cref="BestWeights"/> between two epochs, without the weights.</summary>
/// <param name="Epoch">As there.</param>
/// <param name="Criterion">As there.</param>
/// <param name="IsExhausted">As there.</param>
internal sealed record BestState(int? Epoch, double Criterion, bool IsExhausted);
