using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// With d = x − y: ℓ = ½d² and ∂ℓ/∂x = d where |d| ≤ δ, else ℓ = δ·(|d| − ½δ) and ∂ℓ/∂x = ±δ: outliers pull with a bounded force.
/// Source: P. J. Huber, "Robust estimation of a location parameter" (1964); torch.nn.HuberLoss.
/// </summary>
/// <param name="delta">δ, above 0, in units of the target as the network sees it.</param>
internal sealed class HuberLoss(float delta) : PointwiseLoss<HuberFormula>(new HuberFormula(delta), "huber.cu", delta)
{
    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"Huber loss, δ {Parameter}");

    /// <inheritdoc/>
    public override bool CountsCorrect => false;
}

/// <summary>ℓ of <see cref="HuberLoss"/>.</summary>
/// <param name="delta">δ.</param>
internal readonly struct HuberFormula(float delta) : IPointwiseFormula
{
    /// <inheritdoc/>
    public (float Loss, float Slope) At(float x, float y)
    {
        float difference = x - y, size = MathF.Abs(difference);
        return size > delta
            ? (delta * (size - (0.5f * delta)), MathF.CopySign(delta, difference))
            : (0.5f * difference * difference, difference);
    }

    /// <inheritdoc/>
    public bool IsCorrect(float x, float y) => false;
}
