using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>Reads and writes a checkpoint's texts without reflection, every bit of a number kept.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(ExactSingle), typeof(ExactDouble), typeof(PackedAttempts)],
    IncludeFields = true,
    IgnoreReadOnlyProperties = true,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PlanText))]
[JsonSerializable(typeof(RunSnapshot))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
