namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>What a pass over gradients found.</summary>
/// <param name="IsFinite">Whether every element is finite.</param>
/// <param name="SumOfSquares">Σ gᵢ², added in binary64; NaN or ∞ if an element is.</param>
internal readonly record struct FiniteCheckResult(bool IsFinite, double SumOfSquares);
