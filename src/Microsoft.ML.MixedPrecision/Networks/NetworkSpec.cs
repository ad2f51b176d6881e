using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Layers;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// A network as data: what it reads, and its layers in forward order; the last one's output is the network's. With the numbers beside it
/// it is all that a model file needs, for every family of networks.
/// </summary>
/// <param name="Inputs">What it reads; one, which the first layer gets.</param>
/// <param name="Layers">Its layers, at least one.</param>
internal sealed record NetworkSpec(IReadOnlyList<InputSpec> Inputs, IReadOnlyList<LayerSpec> Layers)
{
    /// <summary>The first version of model files that hold this record. Those before hold a <see cref="Versions.PerceptronDefinition"/>
    /// instead.</summary>
    public const int FirstVersion = LayerSpec.FirstVersion;

    /// <summary>The newest version: of sequences of tokens.</summary>
    public const int FileVersion = LayerSpec.SequencesVersion;

    /// <summary>The file's version, first in JSON: the first that holds what is in it, so that earlier libraries read what they
    /// can.</summary>
    [JsonPropertyOrder(-1)]
    [JsonRequired]
    public int Version { get; init; } = Needed(Inputs, Layers);

    /// <summary>The first version that holds what is in it.</summary>
    internal int NeededVersion => Needed(Inputs, Layers);

    /// <summary>What is done to features before the first layer. Not public, so that JSON neither has it nor takes it.</summary>
    internal FeatureScaling Scaling => (Inputs[0] as NumbersInput)?.Scaling ?? FeatureScaling.None;

    /// <summary>All that scores of the same weights depend on, as text: neither dropout nor how features are scaled and gaps
    /// filled.</summary>
    internal string Function
        => Join(Inputs.Select(input => input.Unscaled()), Layers.Select(layer => layer.InScoring()).OfType<LayerSpec>());

    /// <summary>The whole network on a line, without names: <c>4 numbers, Linear 16, Relu, Linear 3</c>.</summary>
    public override string ToString() => Join(Inputs, Layers);

    private static int Needed(IEnumerable<InputSpec?> inputs, IEnumerable<LayerSpec?> layers)
        => inputs.Select(input => input?.SinceVersion ?? FirstVersion).Concat(layers.Select(Needed)).DefaultIfEmpty(FirstVersion).Max();

    private static int Needed(LayerSpec? layer)
        => layer is null ? FirstVersion : layer.Branches().SelectMany(branch => branch).Select(Needed).Append(layer.SinceVersion).Max();

    private static string Join(IEnumerable<InputSpec> inputs, IEnumerable<LayerSpec> layers) => string.Join(", ", [.. inputs, .. layers]);
}
