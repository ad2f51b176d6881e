using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>Reads and writes summaries without reflection, as trimmed programs and file-based ones need it.</summary>
[JsonSourceGenerationOptions(
    Converters = [typeof(EnumNameConverter<NumericFormat>)],
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(TrainingSummary))]
internal sealed partial class TrainingSummaryContext : JsonSerializerContext;
