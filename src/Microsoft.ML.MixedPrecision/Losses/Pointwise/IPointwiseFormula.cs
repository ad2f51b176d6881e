namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>A loss of one output x and its target y.</summary>
internal interface IPointwiseFormula
{
    /// <summary>The loss ℓ(x, y) and its slope ∂ℓ/∂x.</summary>
    /// <param name="x">The network's output.</param>
    /// <param name="y">The target.</param>
    (float Loss, float Slope) At(float x, float y);

    /// <summary>Whether x is counted as the right answer; false where there are no right and wrong ones.</summary>
    /// <param name="x">The network's output.</param>
    /// <param name="y">The target.</param>
    bool IsCorrect(float x, float y);
}
