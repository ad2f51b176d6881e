using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>
/// Digests of what training leaves: two commits that print the same lines compute the same bits. On a card both must find the same cache of
/// product algorithms.
/// </summary>
internal static class BitsCommand
{
    private const string Name = "bits";
    private const int ShownDigits = 16;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "SHA-256 of weights, moments and records after training steps, to compare commits by",
        [
            new("work", "mlp_small", $"of {string.Join(", ", Workload.All.Select(work => work.Name))}"),
            Option.Policies("float32,mixed_bfloat16,mixed_float16"),
            Option.Devices("auto"),
            new("steps", "200", "training steps; at most 1000, as many as the ring of records holds"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext();
        int steps = arguments.Number("steps", 1, 1000);
        var report = new Report(Console.Out,
        [
            new("work", "workload"), new("mode", "mode"), new("loss", "loss", "F6"), new("skipped", "skipped"),
            new("weights", "weights"), new("first", "first moments"), new("second", "second moments"), new("records", "records"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (ComputeDevice device in Runs.Devices(arguments, ml))
        {
            foreach (Workload work in Workload.Named(arguments))
            {
                foreach (PrecisionPolicy policy in Runs.Policies(arguments))
                {
                    report.Attempt(
                        new StepsRun(work, policy, device, Probes: 0).Identity,
                        line => Measure(line, work, policy, device, steps));
                }
            }
        }

        return report.Finish();
    }

    private static void Measure(JsonObject line, Workload work, PrecisionPolicy policy, ComputeDevice device, int steps)
    {
        using var driver = new PlanDriver(work, policy, device);
        driver.Begin(steps);
        driver.Run();
        line["steps"] = steps;
        line["loss"] = driver.Loss;
        line["skipped"] = driver.Skipped;
        foreach ((string part, byte[] digest) in driver.Digests())
        {
            line[part] = Convert.ToHexStringLower(digest)[..ShownDigits];
        }
    }
}
