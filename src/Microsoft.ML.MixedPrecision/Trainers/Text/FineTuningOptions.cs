using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Which parts of a network learn, and how fast, beside its last layer.</summary>
/// <remarks>
/// With η the rate of the step, the last layer learns at η, layer l = 0 … L − 1 of the backbone at η·b·dᴸ⁻¹⁻ˡ and the embeddings at
/// η·b·dᴸ, where b is <see cref="BackboneRate"/> and d is <see cref="LayerDecay"/>. Source: J. Howard and S. Ruder, "Universal Language
/// Model Fine-tuning for Text Classification", 2018.
/// </remarks>
public sealed class FineTuningOptions
{
    /// <summary>First epochs, from 0, in which only the last layer learns. The other gradients are computed and become moments, so that
    /// their first step is no larger than later ones.</summary>
    public int FreezeEpochs { get; set; }

    /// <summary>b, above 0 and at most 1: what all but the last layer learn at, as a share of the rate; null for 0.1 where weights are
    /// pretrained, else 1.</summary>
    public float? BackboneRate { get; set; }

    /// <summary>d, above 0 and at most 1: what a layer learns at, as a share of the one above it.</summary>
    public float LayerDecay { get; set; } = 1;

    /// <summary>
    /// Names of parameters that keep their values, <c>*</c> for any letters: <c>embeddings.*</c>, <c>layers.0.*</c>. A model's
    /// <c>Layers</c> has the names. They take neither gradient nor moments; of a layer all parameters must be named, or none.
    /// </summary>
    public IReadOnlyList<string> Freeze { get; set; } = [];

    /// <summary>The options on a line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"FreezeEpochs {FreezeEpochs}, BackboneRate {(BackboneRate is { } rate ? $"{rate}" : "not set")}, LayerDecay {LayerDecay}, "
            + $"Freeze [{string.Join(", ", Freeze)}]");
}
