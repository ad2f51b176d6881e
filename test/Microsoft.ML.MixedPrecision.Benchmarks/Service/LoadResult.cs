namespace Microsoft.ML.MixedPrecision.Benchmarks.Service;

/// <summary>What clients saw.</summary>
/// <param name="Latencies">Milliseconds of each request, ascending.</param>
/// <param name="Seconds">From the first request to the last answer.</param>
/// <param name="RequestsPerBatch">Mean, as the service counts them.</param>
internal sealed record LoadResult(double[] Latencies, double Seconds, double RequestsPerBatch)
{
    /// <summary>Answers in a second.</summary>
    public double RequestsPerSecond => Latencies.Length / Seconds;

    /// <summary>The least latency that a share of the requests did not exceed.</summary>
    public double Percentile(double share) => Latencies[(int)Math.Ceiling(share * Latencies.Length) - 1];
}
