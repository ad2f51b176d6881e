namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>ℓ = (x − y)², ∂ℓ/∂x = 2(x − y). Source: torch.nn.MSELoss, whose mean over outputs is <see cref="PointwiseLoss{TFormula}"/>'s
/// division by C.</summary>
internal sealed class SquaredErrorLoss() : PointwiseLoss<SquaredErrorFormula>(default, "squared_error.cu", 0)
{
    /// <inheritdoc/>
    public override string Name => "squared error";

    /// <inheritdoc/>
    public override bool CountsCorrect => false;
}

/// <summary>ℓ of <see cref="SquaredErrorLoss"/>.</summary>
internal readonly struct SquaredErrorFormula : IPointwiseFormula
{
    /// <inheritdoc/>
    public (float Loss, float Slope) At(float x, float y)
    {
        float difference = x - y;
        return (difference * difference, 2 * difference);
    }

    /// <inheritdoc/>
    public bool IsCorrect(float x, float y) => false;
}
