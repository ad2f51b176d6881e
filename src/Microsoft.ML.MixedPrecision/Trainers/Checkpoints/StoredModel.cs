using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>What a checkpoint holds so that a model can be made from it, beside the network and numbers by the thousand.</summary>
/// <param name="Label">What is learned, by the label's type.</param>
/// <param name="FeatureColumn">Column of the features.</param>
/// <param name="LabelColumn">Column of the label.</param>
/// <param name="LabelMeans">What was taken off the labels; empty for nothing.</param>
/// <param name="LabelDeviations">What they were divided by; empty for nothing.</param>
/// <param name="Patience">Epochs without a better one after which training stops; 0 for never.</param>
/// <param name="InvalidFeatures">What the model does with rows that are not finite.</param>
/// <param name="PlacesColumn">Column that says where the words' tokens begin; null where rows have one label each.</param>
internal sealed record StoredModel(
    LabelKind Label,
    string FeatureColumn,
    string LabelColumn,
    IReadOnlyList<double> LabelMeans,
    IReadOnlyList<double> LabelDeviations,
    int Patience,
    InvalidFeatures InvalidFeatures,
    string? PlacesColumn = null);

/// <summary>Reads and writes it without reflection, as trimmed programs and file-based ones need it.</summary>
[JsonSourceGenerationOptions(
    Converters =
    [
        typeof(EnumNameConverter<LabelKind>),
        typeof(EnumNameConverter<InvalidFeatures>),
    ],
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(StoredModel))]
internal sealed partial class StoredModelContext : JsonSerializerContext;
