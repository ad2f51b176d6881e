using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Writes reports without reflection, as trimmed programs and file-based ones need it.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UseStringEnumConverter = true)]
[JsonSerializable(typeof(OnnxExportReport))]
internal sealed partial class OnnxExportReportContext : JsonSerializerContext;
