using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Scoring;

/// <summary>Times bulk <c>Transform</c> beside ML.NET's <c>OnnxTransformer</c> and ONNX Runtime on the exported model, in turns.</summary>
internal static class ScoringCommand
{
    private const string Name = "scoring";

    /// <summary>Scores of one model computed by different programs differ by rounding only.</summary>
    private const float MostDifference = 1e-4f;

    /// <summary>ONNX Runtime's threads, and ours, spin for a while after their last work: not at the cost of whoever comes next.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "bulk Transform on the CPU of 100-N-N-10, beside ApplyOnnxModel, ML.NET's OnnxTransformer and ONNX Runtime in batches of 1024 "
            + "on the exported model; medians",
        [
            new("hidden", "512,256", "widths N of the two hidden layers"),
            new("rows", "51200", "rows to score, which are in memory"),
            new("rounds", "7", "measurements of each, in turns"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext(1);
        int rounds = arguments.Number("rounds", 1, 1000);
        IReadOnlyList<int> widths = arguments.Numbers("hidden", 1, 8192);
        var rows = new ScoredRows(ml, arguments.Number("rows", 4096, 4_000_000));
        var report = new Report(Console.Out,
        [
            new("work", "network"), new("system", "system"), new("ms", "ms", "F1"), new("ms_least", "least", "F1"), new("rows_s", "rows/s"),
            new("times_ours", "time ÷ ours", "F2"),
            new("times_ours_least", "of the least", "F2"), new("difference", "largest difference", "E1"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (int hidden in widths)
        {
            using var contest = new ScoringContest(ml, hidden, rows);
            Measure(report, contest, rows, rounds);
        }

        return report.Finish();
    }

    private static void Measure(Report report, ScoringContest contest, ScoredRows rows, int rounds)
    {
        IReadOnlyList<ScoringContender> contenders = contest.Contenders;
        float[][] scores = [.. contenders.Select(_ => new float[rows.Count * Teacher.Classes])];
        List<double>[] times = [.. contenders.Select(_ => new List<double>())];

        // The first round pays for just-in-time compilation.
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                double milliseconds = Time(contenders[i], scores[i]);
                if (round > 0)
                {
                    times[i].Add(milliseconds);
                }
            }
        }

        for (int i = 0; i < contenders.Count; i++)
        {
            float difference = TensorPrimitives.MaxMagnitude<float>(Difference(scores[0], scores[i]));
            double ratio = Statistics.Median([.. times[i].Zip(times[0], (its, ours) => its / ours)]);
            report.Attempt(
                Identity(contest, contenders[i]),
                line => Describe(line, times[i], rows.Count, (ratio, times[i].Min() / times[0].Min()), difference));
        }
    }

    private static double Time(ScoringContender contender, float[] scores)
    {
        // Or the collector and the finalizers clear away on one core, beside the next, what the one before left: OnnxTransformer leaves
        // much.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Thread.Sleep(Pause);
        long started = Stopwatch.GetTimestamp();
        contender.Run(scores);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static float[] Difference(float[] ours, float[] others)
    {
        float[] difference = new float[ours.Length];
        TensorPrimitives.Subtract(ours, others, difference);
        return difference;
    }

    private static JsonObject Identity(ScoringContest contest, ScoringContender contender) => new()
    {
        ["kind"] = "measurement",
        ["system"] = contender.Name,
        ["work"] = $"scoring_100-{contest.Hidden}-{contest.Hidden}-10",
        ["mode"] = "fp32",
        ["device"] = ComputeDevice.Cpu.ToString(),
    };

    private static void Describe(JsonObject line, List<double> times, int rows, (double Median, double Least) ratio, float difference)
    {
        if (!(difference < MostDifference))
        {
            throw new InvalidDataException($"Its scores differ from ours by {difference}; {MostDifference} may be rounding. The "
                + $"measurement is void.");
        }

        line["ms"] = Math.Round(Statistics.Median(times), 2);
        line["ms_least"] = Math.Round(times.Min(), 2);
        line["rows_s"] = Math.Round(rows / Statistics.Median(times) * 1e3);
        line["times_ours"] = Math.Round(ratio.Median, 3);
        line["times_ours_least"] = Math.Round(ratio.Least, 3);
        line["difference"] = difference;
        line["rounds"] = times.Count;
    }
}
