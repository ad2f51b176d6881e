using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reading;

/// <summary>Times reading into the store that trainers train from, beside a plain copy loop over the same cursor, in turns.</summary>
internal static class ReadingCommand
{
    private const string Name = "reading";
    private const string Cached = "cached";
    private const string Enumerable = "enumerable";

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        $"rows of {Teacher.Features} features into the store, beside a loop that copies them into an array and one that does nothing "
            + $"with them; medians",
        [
            new("rows", "1000000", "rows"),
            new("sources", $"{Cached},{Enumerable}", "cached: a view that ML.NET keeps in memory; enumerable: objects, made up while "
                + "they are read"),
            new("rounds", "7", "measurements of each, in turns"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        var ml = new MLContext(1);
        int rows = arguments.Number("rows", 1, 10_000_000);
        int rounds = arguments.Number("rounds", 1, 1000);
        var report = new Report(Console.Out,
        [
            new("source", "source"),
            new("system", "reader"),
            new("ms", "ms", "F1"),
            new("ms_least", "least", "F1"),
            new("rows_s", "rows/s"),
            new("of_copy_loop", "speed of copy loop's", "P1"),
        ]);
        report.Print(Header.Create(Name, arguments, ml));
        foreach (string source in arguments.List("sources", [Cached, Enumerable]))
        {
            IDataView view = ml.Data.LoadFromEnumerable(new TableRows(new Teacher(1), 0, rows));
            view = source == Cached ? ml.Data.Cache(view, nameof(TableRow.Features), nameof(TableRow.Label)) : view;
            using var contest = new ReadingContest(view, rows);
            Measure(report, source, contest, rows, rounds);
        }

        return report.Finish();
    }

    private static void Measure(Report report, string source, ReadingContest contest, int rows, int rounds)
    {
        IReadOnlyList<(string Name, Func<double> Run)> contenders = contest.Contenders;
        List<double>[] times = [.. contenders.Select(_ => new List<double>())];

        // The first round pays for just-in-time compilation, and fills the cache.
        for (int round = 0; round <= rounds; round++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                // Before, or one's garbage is another's pause.
                contest.Clear();
                long started = Stopwatch.GetTimestamp();
                contenders[i].Run();
                double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (round > 0)
                {
                    times[i].Add(milliseconds);
                }
            }
        }

        for (int i = 0; i < contenders.Count; i++)
        {
            double speed = Statistics.Median([.. times[i].Zip(times[0], (its, copy) => copy / its)]);
            report.Add(new JsonObject
            {
                ["kind"] = "measurement",
                ["system"] = contenders[i].Name,
                ["work"] = "reading",
                ["source"] = source,
                ["rows"] = rows,
                ["ms"] = Math.Round(Statistics.Median(times[i]), 2),
                ["ms_least"] = Math.Round(times[i].Min(), 2),
                ["rows_s"] = Math.Round(rows / Statistics.Median(times[i]) * 1e3),
                ["of_copy_loop"] = Math.Round(speed, 3),
                ["rounds"] = rounds,
            });
        }
    }
}
