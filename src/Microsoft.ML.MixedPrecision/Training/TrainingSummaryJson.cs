using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>A <see cref="TrainingSummary"/>, or a part of it, as JSON text.</summary>
internal static class TrainingSummaryJson
{
    /// <summary>Characters of a policy that are read: reading takes time that grows with their square.</summary>
    private const int MostPolicyText = 1 << 16;

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
    {
        TrainingSummary summary = JsonSerializer.Deserialize<TrainingSummary>(text, Options) ?? throw new JsonException("The summary of the training is null.");
        if (summary.Ranges.Any(range => range is null))
        {
            throw new JsonException("A value range of the training is null.");
        }

        RequirePolicy(summary.Policy);
        return summary;
    }

    /// <summary>Refuses what is no policy: it would be copied into exported files.</summary>
    private static void RequirePolicy(string text)
    {
        if (text.Length > MostPolicyText)
        {
            throw new JsonException($"The precision policy of the training has {text.Length} characters; at most {MostPolicyText} are read.");
        }

        try
        {
            PrecisionPolicy.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new JsonException("The precision policy of the training is none: " + e.Message, e);
        }
    }
}
