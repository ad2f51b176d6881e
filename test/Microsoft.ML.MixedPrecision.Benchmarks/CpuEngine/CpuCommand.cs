using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Benchmarks.Steps;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>
/// Products alone and whole training steps on the CPU engine, as shares of <see cref="FmaPeak"/>. The peak is measured right before and
/// right
/// after each measurement, since others may use the machine and its clock varies: only such a share means something. Peers do the same work
/// in turns with ours, and are compared round by round for the same reason.
/// </summary>
internal static class CpuCommand
{
    private const string Name = "cpu";
    private const double Giga = 1e9;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "products and whole training steps on the CPU engine, each as a share of the peak of 12 chains of fused multiply-adds at the "
            + "same time, and beside PyTorch; medians",
        [
            new("sizes", "512,1024,2048", "rows and columns of square products"),
            new("work", "mlp_small,mlp_digits,mlp_tiny", "training steps, of those of the command steps"),
            Option.Policies("float32,tensorfloat32,mixed_float16,mixed_bfloat16"),
            new("rounds", "41", "measurements of each, interleaved with the peak and the peers"),
            new("peer", "none", "a Python interpreter that has PyTorch, which then does the same in turns, set up in several ways; on "
                + "Debian /usr/bin/python3"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        IReadOnlyList<PrecisionPolicy> policies = Runs.Policies(arguments);
        IReadOnlyList<int> sizes = arguments.Numbers("sizes", 1, 8192);
        IReadOnlyList<Workload> steps = Workload.Named(arguments);
        int rounds = arguments.Number("rounds", 1, 10_000);
        var report = new Report(Console.Out,
        [
            new("work", "work"),
            new("mode", "mode"),
            new("device_name", "device"),
            new("ms", "ms", "F4"),
            new("ms_least", "least", "F4"),
            new("gflops", "GFLOP/s", "F1"),
            new("peak_gflops", "peak", "F1"), new("of_peak", "of peak", "P1"), new("of_peak_most", "most", "P1"), new(
                "of_ours",
                "time ÷ ours",
                "F2"), new("setup", "peer"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        using var device = new CpuDevice();
        using PeerContest? peers = arguments.Text("peer") == "none"
            ? null
            : new PeerContest(arguments.Text("peer"), device.Threads, report);
        var peak = new FmaPeak(device);
        IEnumerable<Func<CpuWork>> works =
        [
            .. from size in sizes from policy in policies select (Func<CpuWork>)(() => new ProductWork(device, size, policy)),
            .. from step in steps from policy in policies select (Func<CpuWork>)(() => new StepWork(step, policy)),
        ];
        foreach (Func<CpuWork> create in works)
        {
            using CpuWork work = create();
            report.Attempt(work.Identity, line => Measure(line, device, peak, work, rounds, peers));
            peers?.Report(work, report);
        }

        return report.Finish();
    }

    private static void Measure(JsonObject line, CpuDevice device, FmaPeak peak, CpuWork work, int rounds, PeerContest? peers)
    {
        work.WarmUp();
        peers?.Begin(work);
        var seconds = new List<double>();
        var peaks = new List<double> { peak.Measure() };
        var shares = new List<double>();
        for (int i = 0; i < rounds; i++)
        {
            peers?.Rest();
            seconds.Add(work.Measure());
            peaks.Add(peak.Measure());
            shares.Add(work.Operations / seconds[^1] / ((peaks[^1] + peaks[^2]) / 2));
            peers?.Measure(seconds[^1]);
        }

        line["device_name"] = device.Description;
        line["ms"] = Math.Round(Statistics.Median(seconds) * 1e3, 4);
        line["ms_least"] = Math.Round(seconds.Min() * 1e3, 4);
        line["gflops"] = Math.Round(work.Operations / Statistics.Median(seconds) / Giga, 1);
        line["peak_gflops"] = Math.Round(Statistics.Median(peaks) / Giga, 1);
        line["of_peak"] = Math.Round(Statistics.Median(shares), 4);
        line["of_peak_most"] = Math.Round(shares.Max(), 4);
        line["rounds"] = rounds;
    }
}
