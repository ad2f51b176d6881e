using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>Kills trainings by signal 9, and compares what comes of them with those that were never stopped.</summary>
internal static class KillsCommand
{
    private const string Name = "kills";
    private const int KillsOfRun = 4;
    private static readonly string[] Cases = ["float32", "float16-skips", "early-stopping", "accumulation", "batch-norm", "dropout"];

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "trainings with checkpoints, killed by signal 9 at seeded moments, a quarter of them inside a write, and started again; bits "
            + "of model and history beside those of the run never stopped",
        [
            new("kills", "100", "kills in all, evenly over the cases"),
            new("cases", string.Join(',', Cases), "trainings"),
            new("seed", "1", "of the moments"),
            Option.Devices("cpu"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext(1);
        int kills = arguments.Number("kills", 1, 100_000);
        IReadOnlyList<string> cases = arguments.List("cases", Cases);
        var report = new Report(Console.Out,
        [
            new("device", "device"),
            new("case", "case"),
            new("ms", "ms without a stop"),
            new("runs", "runs"),
            new("kills", "kills"),
            new("inside", "inside a write"),
            new("resumed", "starts from a checkpoint"),
            new("equal", "runs of equal bits"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (ComputeDevice device in Reports.Runs.Devices(arguments, ml))
        {
            for (int i = 0; i < cases.Count; i++)
            {
                string name = cases[i];
                int share = (kills * (i + 1) / cases.Count) - (kills * i / cases.Count);
                var random = new Random(arguments.Number("seed", 0, int.MaxValue) + i);
                report.Attempt(
                    new JsonObject { ["kind"] = "measurement", ["device"] = device.ToString(), ["case"] = name },
                    line => Kill(line, new KilledRun(name, device.ToString()), random, share));
            }
        }

        return report.Finish();
    }

    /// <summary>Runs until there were so many kills, a quarter of them inside a write.</summary>
    private static void Kill(JsonObject line, KilledRun run, Random random, int wanted)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("mixedprecision-kills");
        try
        {
            run.RunThrough(parent.FullName);
            int runs = 0, kills = 0, inside = 0, resumed = 0, equal = 0;
            while (kills < wanted)
            {
                int most = Math.Min(KillsOfRun, wanted - kills);
                string folder = parent.CreateSubdirectory($"run-{runs++}").FullName;
                KillCount count = run.RunKilled(folder, random, most, Math.Max(0, ((kills + most + 3) / 4) - inside));
                (kills, inside, resumed, equal) = (
                    kills + count.Kills,
                    inside + count.Inside,
                    resumed + count.Resumed,
                    equal + (count.IsEqual ? 1 : 0));
                Directory.Delete(folder, recursive: true);
            }

            (line["ms"], line["runs"], line["kills"]) = (Math.Round(run.Uninterrupted.TotalMilliseconds), runs, kills);
            (line["inside"], line["resumed"], line["equal"]) = (inside, resumed, equal);
            if (equal < runs)
            {
                throw new InvalidOperationException($"{runs - equal} of {runs} runs ended with other bits than the run that was never "
                    + $"stopped.");
            }
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
