using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Service;

/// <summary>A closed loop of clients: each has a connection of its own and sends its next request when it has the answer to the
/// last.</summary>
internal sealed class LoadGenerator : IDisposable
{
    /// <summary>Probabilities of an FP16 file and those of ML.NET's model differ by rounding to 11 bits only; an answer to another row
    /// would by much more.</summary>
    private const float MostDifference = 0.02f;

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ServiceModel _model;
    private readonly HttpClient _client;

    /// <summary>Makes clients.</summary>
    /// <param name="model">What they ask.</param>
    /// <param name="address">Whom.</param>
    public LoadGenerator(ServiceModel model, Uri address) => (_model, _client) = (model, new HttpClient { BaseAddress = address });

    /// <summary>Sends requests for some time.</summary>
    /// <param name="connections">How many clients.</param>
    /// <param name="seconds">How long they begin new requests.</param>
    /// <exception cref="InvalidDataException">An answer is not the one that the row must get.</exception>
    public async Task<LoadResult> RunAsync(int connections, double seconds)
    {
        (long requests, long batches) = await CountsAsync();
        long started = Stopwatch.GetTimestamp();
        long end = started + (long)(seconds * Stopwatch.Frequency);
        List<double>[] latencies = await Task.WhenAll(
            Enumerable.Range(0, connections).Select(client => Task.Run(() => WorkAsync(client, connections, end))));
        double elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (long requestsAfter, long batchesAfter) = await CountsAsync();
        return new(
            [.. latencies.SelectMany(latency => latency).Order()],
            elapsed,
            (double)(requestsAfter - requests) / (batchesAfter - batches));
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<List<double>> WorkAsync(int client, int step, long end)
    {
        List<double> milliseconds = [];
        for (int request = client; Stopwatch.GetTimestamp() < end; request += step)
        {
            int row = request % _model.Bodies.Count;
            long started = Stopwatch.GetTimestamp();
            using var content = new ByteArrayContent(_model.Bodies[row]);
            content.Headers.ContentType = Json;
            using HttpResponseMessage response = await _client.PostAsync("score", content);
            byte[] answer = await response.Content.ReadAsByteArrayAsync();
            milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            response.EnsureSuccessStatusCode();

            // The first answers of each client: reading all would measure this program.
            if (milliseconds.Count <= 2)
            {
                Check(row, answer);
            }
        }

        return milliseconds;
    }

    private void Check(int row, byte[] answer)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        JsonElement scores = document.RootElement.GetProperty(ServiceModel.Score);
        ReadOnlySpan<float> expected = _model.Expected(row);
        for (int i = 0; i < expected.Length; i++)
        {
            float difference = MathF.Abs(scores[i].GetSingle() - expected[i]);
            if (!(difference <= MostDifference))
            {
                throw new InvalidDataException($"Score {i} of row {row} differs by {difference} from ML.NET's; {MostDifference} may be "
                    + $"rounding. The measurement is void.");
            }
        }
    }

    private async Task<(long Requests, long Batches)> CountsAsync()
    {
        JsonElement counts = await _client.GetFromJsonAsync<JsonElement>("stats");
        return (counts.GetProperty("requests").GetInt64(), counts.GetProperty("batches").GetInt64());
    }
}
