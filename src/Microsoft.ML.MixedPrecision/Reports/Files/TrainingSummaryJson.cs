using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>A <see cref="TrainingSummary"/>, or a part of it, as JSON text.</summary>
internal static class TrainingSummaryJson
{
    /// <summary>Characters of a policy that are read: reading takes time that grows with their square.</summary>
    private const int MostPolicyText = 1 << 16;

    /// <summary>Text of a summary.</summary>
    public static string Write(TrainingSummary summary)
        => JsonSerializer.Serialize(summary, TrainingSummaryContext.Default.TrainingSummary);

    /// <summary>Text of the part about the loss scale.</summary>
    public static string Write(LossScaleSummary lossScale)
        => JsonSerializer.Serialize(lossScale, TrainingSummaryContext.Default.LossScaleSummary);

    /// <summary>Text of the part about value ranges.</summary>
    public static string Write(IReadOnlyList<ValueRange> ranges)
        => JsonSerializer.Serialize(ranges, TrainingSummaryContext.Default.IReadOnlyListValueRange);

    /// <summary>A summary from its text.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static TrainingSummary Read(string text)
    {
        TrainingSummary summary = JsonSerializer.Deserialize(text, TrainingSummaryContext.Default.TrainingSummary)
            ?? throw new JsonException("The summary of the training is null.");
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
            throw new JsonException($"The precision policy of the training has {text.Length} characters; at most {MostPolicyText} are "
                + $"read.");
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
