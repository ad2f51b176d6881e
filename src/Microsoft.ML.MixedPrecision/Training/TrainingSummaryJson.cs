using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>A <see cref="TrainingSummary"/>, or a part of it, as JSON text.</summary>
internal static class TrainingSummaryJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
    };

    /// <summary>Text of a summary or a part of it.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>A summary from its text.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static TrainingSummary Read(string text)
        => JsonSerializer.Deserialize<TrainingSummary>(text, Options) ?? throw new JsonException("The summary of the training is null.");
}
