using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Reads and writes <see cref="TokenizerDocument"/> without reflection.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TokenizerDocument))]
internal sealed partial class TokenizerJson : JsonSerializerContext;
