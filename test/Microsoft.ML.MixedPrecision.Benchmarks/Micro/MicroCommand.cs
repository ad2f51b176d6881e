using System.Text.Json.Nodes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Micro;

/// <summary>Times single operations of the CPU engine with BenchmarkDotNet, in this process: kernels are internal, and a product of their
/// project would not see them.</summary>
internal static class MicroCommand
{
    private const string Name = "micro";
    private const int WarmUps = 3;
    private const double NanosecondsPerMicrosecond = 1e3;

    private static readonly Type[] Benchmarks =
    [
        typeof(ProductBenchmarks),
        typeof(ActivationBenchmarks),
        typeof(LayerNormBenchmarks),
        typeof(CrossEntropyBenchmarks),
        typeof(OptimizerBenchmarks),
    ];

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "single operations of the CPU engine by BenchmarkDotNet: products, activations, layer norm, cross-entropy, optimizers",
        [
            new("filter", "*", "which, as BenchmarkDotNet writes it: *Product*"),
            new("iterations", "10", "measurements of each"),
            new("milliseconds", "50", "length of each measurement"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var report = new Report(Console.Out,
        [
            new("work", "operation"),
            new("parameters", "parameters"),
            new("us", "µs", "F2"),
            new("us_deviation", "deviation", "F2"),
            new("us_least", "least", "F2"),
            new("allocated", "bytes allocated"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        string artifacts = Path.Combine(Path.GetTempPath(), $"mixedprecision-{Guid.NewGuid():N}");
        try
        {
            IConfig config = Config(arguments, artifacts);
            foreach (Summary summary in BenchmarkSwitcher.FromTypes(Benchmarks).Run(["--filter", arguments.Text("filter")], config))
            {
                foreach (BenchmarkReport measured in summary.Reports)
                {
                    report.Attempt(Identity(measured.BenchmarkCase), line => Describe(line, measured));
                }
            }
        }
        finally
        {
            if (Directory.Exists(artifacts))
            {
                Directory.Delete(artifacts, recursive: true);
            }
        }

        return report.Finish();
    }

    private static ManualConfig Config(Arguments arguments, string artifacts)
    {
        Job job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(WarmUps)
            .WithIterationCount(arguments.Number("iterations", 1, 1000))
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(arguments.Number("milliseconds", 1, 10_000)));
        return ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(artifacts);
    }

    private static JsonObject Identity(BenchmarkCase benchmark) => new()
    {
        ["kind"] = "measurement",
        ["system"] = "mixedprecision",
        ["work"] = $"{benchmark.Descriptor.Type.Name.Replace("Benchmarks", "", StringComparison.Ordinal)}."
            + benchmark.Descriptor.WorkloadMethod.Name,
        ["parameters"] = string.Join(", ", benchmark.Parameters.Items.Select(item => $"{item.Name}={item.Value}")),
        ["device"] = ComputeDevice.Cpu.ToString(),
    };

    private static void Describe(JsonObject line, BenchmarkReport report)
    {
        BenchmarkDotNet.Mathematics.Statistics statistics = report.ResultStatistics
            ?? throw new InvalidOperationException("BenchmarkDotNet measured nothing; see whether the benchmark throws.");
        line["us"] = Math.Round(statistics.Median / NanosecondsPerMicrosecond, 3);
        line["us_deviation"] = Math.Round(statistics.StandardDeviation / NanosecondsPerMicrosecond, 3);
        line["us_least"] = Math.Round(statistics.Min / NanosecondsPerMicrosecond, 3);
        line["allocated"] = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
        line["iterations"] = statistics.N;
    }
}
