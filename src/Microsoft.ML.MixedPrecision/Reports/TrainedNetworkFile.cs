using System.Text.Json;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>A <see cref="NetworkFile"/> whose metadata hold what is kept of the training: the <see cref="TrainingSummary"/> and its
/// history, each JSON.</summary>
internal static class TrainedNetworkFile
{
    private const string SummaryKey = "mixedprecision.training";
    private const string HistoryKey = "mixedprecision.history";

    /// <summary>Writes a network at the stream's position.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="network">The network.</param>
    /// <param name="summary">What to keep of its training, if anything is known.</param>
    public static void Write(Stream stream, Network network, TrainingSummary? summary)
        => NetworkFile.Write(stream, network, Metadata(summary));

    /// <summary>Reads a network at the stream's position.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <returns>The network, and the summary where the file has one.</returns>
    /// <exception cref="InvalidDataException">The network or its summary is cut short, altered, or not one at all.</exception>
    public static (Network Network, TrainingSummary? Summary) Read(Stream stream)
    {
        (Network network, IReadOnlyDictionary<string, string> metadata) = NetworkFile.Read(stream);
        if (!metadata.TryGetValue(SummaryKey, out string? summary))
        {
            return (network, null);
        }

        try
        {
            return (network, TrainingSummaryJson.Read(summary) with { History = metadata.GetValueOrDefault(HistoryKey) });
        }
        catch (JsonException e)
        {
            throw NetworkFile.Damaged(e);
        }
    }

    /// <summary>Readers that do not know an entry pass over it.</summary>
    private static Dictionary<string, string> Metadata(TrainingSummary? summary)
    {
        var metadata = new Dictionary<string, string>();
        if (summary is not null)
        {
            metadata.Add(SummaryKey, TrainingSummaryJson.Write(summary));
        }

        if (summary?.History is { } history)
        {
            metadata.Add(HistoryKey, history);
        }

        return metadata;
    }
}
