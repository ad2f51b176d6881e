using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>Reads and writes the definition in a <see cref="NetworkFile"/> without reflection, as trimmed programs and file-based ones need
/// it.</summary>
[JsonSourceGenerationOptions(
    Converters = [
        typeof(EnumNameConverter<ActivationKind>),
        typeof(EnumNameConverter<NormalizationKind>),
        typeof(EnumNameConverter<FeatureScaling>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NetworkDefinition))]
internal sealed partial class NetworkDefinitionContext : JsonSerializerContext;
