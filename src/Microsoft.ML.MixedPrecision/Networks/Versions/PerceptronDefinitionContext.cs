using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks.Versions;

/// <summary>Reads a <see cref="PerceptronDefinition"/> without reflection, as trimmed programs and file-based ones need it.</summary>
[JsonSourceGenerationOptions(
    Converters = [
        typeof(EnumNameConverter<ActivationKind>),
        typeof(EnumNameConverter<NormalizationKind>),
        typeof(EnumNameConverter<FeatureScaling>)],
    GenerationMode = JsonSourceGenerationMode.Metadata,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PerceptronDefinition))]
internal sealed partial class PerceptronDefinitionContext : JsonSerializerContext;
