using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>Reads and writes a <see cref="NetworkSpec"/> without reflection, as trimmed programs and file-based ones need it. What it does
/// not know it refuses: a network without it would be another.</summary>
[JsonSourceGenerationOptions(
    Converters = [
        typeof(EnumNameConverter<ActivationKind>),
        typeof(EnumNameConverter<FeatureScaling>),
        typeof(EnumNameConverter<Ops.MemberMeanKind>),
        typeof(EnumNameConverter<MissingValues>),
        typeof(EnumNameConverter<Pooling>)],
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 2 * (SpecLimits.MostDepth + 2))]
[JsonSerializable(typeof(NetworkSpec))]
internal sealed partial class NetworkSpecContext : JsonSerializerContext;
