using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>Times whole training steps: gather, forward, loss, backward, finite check, optimizer, loss scale.</summary>
internal static class StepsCommand
{
    private const string Name = "steps";
    private const int LeastGroups = 5;
    private const int MostGroups = 200;
    private const int LeastSteps = 5;
    private const double GroupMilliseconds = 50;
    private const double MiB = 1 << 20;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "whole training steps on rows that already lie on the device, like peers/torch_baseline.py; medians",
        [
            new("work", "mlp_small", $"of {string.Join(", ", Workload.All.Select(work => work.Name))}"),
            Option.Policies("float32,mixed_bfloat16"),
            Option.Devices("auto"),
            new("probes", "0", "steps from one measurement of the layers' value ranges to the next; 0 for none"),
            new("seconds", "1", $"time for each; {LeastGroups} groups of steps at least, {MostGroups} at most"),
            new("group", "0", $"steps timed together; 0 for as many as take {GroupMilliseconds} ms, {LeastSteps} at least"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext();
        IReadOnlyList<ComputeDevice> devices = Runs.Devices(arguments, ml);
        IReadOnlyList<PrecisionPolicy> policies = Runs.Policies(arguments);
        StepsRun[] runs =
        [
            .. from work in Workload.Named(arguments)
               from device in devices
               from policy in policies
               from probes in arguments.Numbers("probes", 0, 1_000_000)
               select new StepsRun(work, policy, device, probes),
        ];
        double seconds = arguments.Number("seconds", 0.0, 3600.0);
        int group = arguments.Number("group", 0, 1_000_000);
        var report = new Report(Console.Out,
        [
            new("work", "workload"),
            new("mode", "mode"),
            new("probes", "probes"),
            new("device_name", "device"),
            new("ms", "ms a step", "F4"),
            new("rows_s", "rows/s"),
            new("tflops", "TFLOP/s", "F2"), new("peak_mib", "memory, MiB"), new("skipped", "skipped"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (StepsRun run in runs)
        {
            report.Attempt(run.Identity, line => Measure(line, run, seconds, group));
        }

        return report.Finish();
    }

    private static void Measure(JsonObject line, StepsRun run, double seconds, int group)
    {
        long started = Stopwatch.GetTimestamp();
        using var driver = new PlanDriver(run.Work, run.Policy, run.Device, run.Probes);
        Time(driver, group == 0 ? LeastSteps : group);
        double warm = Stopwatch.GetElapsedTime(started).TotalSeconds;
        group = group == 0 ? GroupOf(driver) : group;
        double[] times = Times(driver, seconds, group);
        double milliseconds = Statistics.Median(times);

        line["device_name"] = driver.DeviceName;
        line["ms"] = Math.Round(milliseconds, 4);
        line["ms_least"] = Math.Round(times.Min(), 4);
        line["rows_s"] = Math.Round(run.Work.Rows / milliseconds * 1e3);
        line["tflops"] = Math.Round(run.Work.FloatingPointOperations / milliseconds / 1e9, 3);
        line["peak_mib"] = Math.Round(driver.Memory.Total / MiB, 1);
        line["params"] = driver.Parameters;
        line["warm_s"] = Math.Round(warm, 2);
        line["group"] = group;
        line["groups"] = times.Length;
        line["skipped"] = driver.Skipped;
        line["loss"] = Math.Round(driver.Loss, 6);
        line["memory"] = Bytes(driver.Memory);
    }

    private static int GroupOf(PlanDriver driver)
        => (int)Math.Max(LeastSteps, Math.Ceiling(GroupMilliseconds / Time(driver, LeastSteps)));

    /// <summary>Milliseconds a step, of each group.</summary>
    private static double[] Times(PlanDriver driver, double seconds, int group)
    {
        var times = new List<double>();
        long started = Stopwatch.GetTimestamp();
        while (times.Count < LeastGroups || (times.Count < MostGroups && Stopwatch.GetElapsedTime(started).TotalSeconds < seconds))
        {
            times.Add(Time(driver, group));
        }

        return [.. times];
    }

    /// <summary>Milliseconds a step.</summary>
    private static double Time(PlanDriver driver, int steps)
    {
        driver.Begin(steps);
        long started = Stopwatch.GetTimestamp();
        driver.Run();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / steps;
    }

    private static JsonObject Bytes(MemoryReport memory) => new()
    {
        ["masters"] = memory.Masters,
        ["shadows"] = memory.Shadows,
        ["gradients"] = memory.Gradients,
        ["moments"] = memory.Moments,
        ["activations"] = memory.Activations,
        ["workspace"] = memory.Workspace,
        ["scratch"] = memory.Scratch,
        ["data"] = memory.Data,
    };
}
