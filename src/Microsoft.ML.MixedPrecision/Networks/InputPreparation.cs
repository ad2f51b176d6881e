using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// All that is done to a row of features before a network's first layer reads it, in Float32: gaps are filled and indicated, then features
/// are scaled; indicators stay 0 and 1. Training, validation and every way to score go through <see cref="Apply"/>; an ONNX file has the
/// same operations.
/// </summary>
/// <param name="Gaps">Fills gaps; null where there must be none.</param>
/// <param name="Scaling">Scales; null for nothing.</param>
/// <param name="Categories">Features that are categories, the last ones, which stay as they are.</param>
internal sealed partial record InputPreparation(GapFiller? Gaps, FeatureScaler? Scaling, int Categories = 0)
{
    /// <summary>Numbers that stand behind the features.</summary>
    public int Indicators => Gaps?.Indicated.Length ?? 0;

    /// <summary>What it has learned, in the order of files.</summary>
    public IEnumerable<StoredMatrix> Stored
        => new[] { Scaling?.Shift, Scaling?.Factor, Gaps?.Fill }.OfType<StoredMatrix>();

    /// <summary>Prepares a row.</summary>
    /// <param name="features">As it was given.</param>
    /// <param name="prepared">Receives what the first layer reads, <see cref="Indicators"/> more numbers; may begin where
    /// <paramref name="features"/> does.</param>
    public void Apply(ReadOnlySpan<float> features, Span<float> prepared)
    {
        ReadOnlySpan<float> numbers = features[..^Categories];
        features[^Categories..].CopyTo(prepared[numbers.Length..]);

        Gaps?.Apply(numbers, prepared, prepared.Slice(features.Length, Indicators));
        Scaling?.Scale(Gaps is null ? numbers : prepared[..numbers.Length], prepared);
    }
}
