using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>Reads and writes the texts of a checkpoint without reflection.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RunSnapshot))]
internal sealed partial class RunSnapshotContext : JsonSerializerContext;
