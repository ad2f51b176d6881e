using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// Cross-entropy of a yes or no, from the logit: with the target t = y·(1 − ε) + ε/2 for y of 0 or 1, r = 1 − t where x ≥ 0 and t
/// elsewhere,
/// ℓ = |x|·r + ln(1 + e^−|x|) and ∂ℓ/∂x = ±(r − σ(−|x|)), which is σ(x) − t. It does not overflow, and a certain answer keeps its tiny
/// gradient
/// on both sides: σ(x) − t would be 0 for y = 1 from x = 17 on. A right answer is x &gt; 0 where y is 1, x ≤ 0 where it is 0; NaN is none.
/// ε smooths labels. Source: torch.nn.BCEWithLogitsLoss.
/// </summary>
/// <param name="smoothing">ε, from 0 to below 1.</param>
internal sealed class BinaryCrossEntropyLoss(float smoothing = 0)
    : PointwiseLoss<BinaryCrossEntropyFormula>(new BinaryCrossEntropyFormula(smoothing), "binary_cross_entropy.cu", smoothing)
{
    /// <inheritdoc/>
    public override string Name
        => Parameter == 0
            ? "binary cross-entropy"
            : string.Create(CultureInfo.InvariantCulture, $"binary cross-entropy, labels smoothed by {Parameter}");

    /// <inheritdoc/>
    public override bool CountsCorrect => true;

    /// <inheritdoc/>
    public override Loss ForValidation => Parameter == 0 ? this : new BinaryCrossEntropyLoss();
}

/// <summary>ℓ of <see cref="BinaryCrossEntropyLoss"/>.</summary>
/// <param name="smoothing">ε.</param>
internal readonly struct BinaryCrossEntropyFormula(float smoothing) : IPointwiseFormula
{
    /// <inheritdoc/>
    public (float Loss, float Slope) At(float x, float y)
    {
        float target = y + (smoothing * (0.5f - y));
        float rest = x >= 0 ? 1 - target : target;
        float size = MathF.Abs(x), e = MathF.Exp(-size);
        float slope = rest - (e / (1 + e));
        return ((size * rest) + LogOf1Plus(e), x >= 0 ? slope : -slope);
    }

    /// <inheritdoc/>
    public bool IsCorrect(float x, float y) => y > 0.5f ? x > 0 : x <= 0;

    /// <summary>ln(1 + e) for 0 ≤ e ≤ 1 without losing small e: the rounding of 1 + e is divided out again (Kahan).</summary>
    private static float LogOf1Plus(float e)
    {
        float sum = 1 + e;
        return sum == 1 ? e : MathF.Log(sum) * (e / (sum - 1));
    }
}
