namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>What a loss counts beside other losses of the step.</summary>
/// <param name="Loss">f: in what is measured.</param>
/// <param name="Gradient">In the gradient: f too, but where members learn as if each were alone: the mean over them is measured, and each
/// goes by the whole of its own.</param>
internal readonly record struct LossFactor(float Loss, float Gradient)
{
    /// <summary>The same in both.</summary>
    public static implicit operator LossFactor(float factor) => new(factor, factor);
}
