namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>A layer that normalises.</summary>
internal interface INormalization
{
    /// <summary>Starting values: γ = 1, β = 0, and running statistics at their start where there are any.</summary>
    void Initialize();
}
