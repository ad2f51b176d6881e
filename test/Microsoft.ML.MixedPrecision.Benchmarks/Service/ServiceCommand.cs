using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Service;

/// <summary>Loads samples/OnnxScoring over HTTP and times it with and without batching.</summary>
internal static class ServiceCommand
{
    private const string Name = "service";
    private const double WarmSeconds = 2;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "samples/OnnxScoring under load over HTTP on this machine: requests of one row from clients in a closed loop, with and without "
            + "batching; FP16 file of 100-N-N-10",
        [
            new("hidden", "256,2048", "widths N of the two hidden layers"),
            new("connections", "1,16,64", "clients, each with a connection of its own"),
            new("max-batch", "1,64", "most rows that the service scores together; the first is what others are compared with"),
            new("max-delay", "0", "milliseconds that a batch waits for more rows"),
            new("seconds", "3", "duration of a measurement"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext(1);
        var report = new Report(Console.Out,
        [
            new("work", "network"), new("connections", "clients"), new("max_batch", "max batch"), new("max_delay_ms", "delay, ms"),
            new("requests_s", "requests/s"), new("times_first", "÷ first", "F2"), new("rows_batch", "rows a batch", "F1"),
            new("p50_ms", "p50, ms", "F2"), new("p95_ms", "p95, ms", "F2"), new("p99_ms", "p99, ms", "F2"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (int hidden in arguments.Numbers("hidden", 1, 8192))
        {
            using var model = new ServiceModel(ml, hidden);
            Measure(report, model, arguments);
        }

        return report.Finish();
    }

    private static void Measure(Report report, ServiceModel model, Arguments arguments)
    {
        IReadOnlyList<int> connections = arguments.Numbers("connections", 1, 4096);
        double seconds = arguments.Number("seconds", 0.1, 600);
        Dictionary<int, double> first = [];
        foreach (int maxBatch in arguments.Numbers("max-batch", 1, 4096))
        {
            foreach (int maxDelay in arguments.Numbers("max-delay", 0, 1000))
            {
                using var service = new ServiceProcess(model.Path, maxBatch, maxDelay);
                using var load = new LoadGenerator(model, service.Address);
                load.RunAsync(connections.Max(), WarmSeconds).GetAwaiter().GetResult();
                foreach (int clients in connections)
                {
                    JsonObject identity = Identity(model, clients, maxBatch, maxDelay);
                    report.Attempt(
                        identity,
                        line => Describe(line, load.RunAsync(clients, seconds).GetAwaiter().GetResult(), first, clients));
                }
            }
        }
    }

    private static JsonObject Identity(ServiceModel model, int clients, int maxBatch, int maxDelay) => new()
    {
        ["kind"] = "measurement",
        ["system"] = "onnx_scoring",
        ["work"] = model.Work,
        ["mode"] = "fp16_file",
        ["connections"] = clients,
        ["max_batch"] = maxBatch,
        ["max_delay_ms"] = maxDelay,
    };

    private static void Describe(JsonObject line, LoadResult result, Dictionary<int, double> first, int clients)
    {
        first.TryAdd(clients, result.RequestsPerSecond);
        line["requests"] = result.Latencies.Length;
        line["seconds"] = Math.Round(result.Seconds, 3);
        line["requests_s"] = Math.Round(result.RequestsPerSecond, 1);
        line["rows_s"] = Math.Round(result.RequestsPerSecond, 1);
        line["times_first"] = Math.Round(result.RequestsPerSecond / first[clients], 3);
        line["rows_batch"] = Math.Round(result.RequestsPerBatch, 2);
        line["p50_ms"] = Math.Round(result.Percentile(0.5), 3);
        line["p95_ms"] = Math.Round(result.Percentile(0.95), 3);
        line["p99_ms"] = Math.Round(result.Percentile(0.99), 3);
        line["most_ms"] = Math.Round(result.Latencies[^1], 3);
    }
}
