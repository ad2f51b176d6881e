using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>Times <c>Fit</c> from the first row to the model, beside ML.NET's LightGBM.</summary>
internal static class FitCommand
{
    private const string Name = "fit";
    private const string Ours = "mixedprecision";
    private const string LightGbm = "lightgbm";
    private const int TestRows = 20_000;
    private const int WarmUpRows = 4096;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        $"end-to-end Fit of 100-512-512-10 on N rows of 100 features, and LightGBM on the same; accuracy on {TestRows} other rows, of "
            + $"which about 0.91 can be had",
        [
            new("rows", "10000,100000", $"rows to train on, {Teacher.MostRows} at most"),
            new("epochs", "1,5", "epochs of a Fit, ours only"),
            Option.Policies("mixed_bfloat16"),
            Option.Devices("auto,cpu"),
            new("sources", "memory,csv", "memory: rows made up while they are read; csv: parsed by TextLoader"),
            new("systems", "mixedprecision,lightgbm", "who trains"),
            new("csv-rows", "1000000", "larger tables come from memory only (650 bytes a row on disk)"),
            new("lightgbm-rows", "1000000", "larger tables are not given to LightGBM"),
            new("repeat", "2", "times that everything is measured"),
            new("seed", "1", "of table and training"),
            new("folder", Path.GetTempPath(), "for the CSV file, which is deleted"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        int seed = arguments.Number("seed", 0, int.MaxValue);
        var ml = new MLContext(seed);
        IReadOnlyList<Contender> contenders = Contenders(arguments, ml);
        IReadOnlyList<int> sizes = arguments.Numbers("rows", 1, Teacher.MostRows);
        IReadOnlyList<string> sources = arguments.List("sources", [Table.Memory, Table.Csv]);
        int csvRows = arguments.Number("csv-rows", 0, Teacher.MostRows);
        int repeat = arguments.Number("repeat", 1, 1000);
        string folder = arguments.Text("folder");
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"--folder {folder}: there is no such folder; write one that has room for the CSV file.");
        }

        Report report = NewReport();
        report.Print(Header.Create(Name, arguments, ml));

        var teacher = new Teacher(seed);
        IDataView test = ml.Data.LoadFromEnumerable(new TableRows(teacher, Teacher.MostRows, TestRows));
        WarmUp(ml, teacher, contenders, test);
        foreach (int rows in sizes)
        {
            foreach (string source in sources.Where(source => source != Table.Csv || rows <= csvRows))
            {
                using Table table = Table.Open(ml, teacher, source, rows, folder);
                report.Print(Source(table));
                for (int run = 1; run <= repeat; run++)
                {
                    foreach (Contender contender in contenders.Where(contender => rows <= contender.MostRows))
                    {
                        report.Attempt(Identity(contender, table, run), line => contender.Measure(line, ml, table, test));
                    }
                }
            }
        }

        return report.Finish();
    }

    private static Report NewReport() => new(Console.Out,
    [
        new("rows", "rows"),
        new("source", "source"),
        new("system", "system"),
        new("mode", "mode"),
        new("device", "device"),
        new("epochs", "epochs"),
        new("run", "run"),
        new("ms", "Fit, ms"),
        new("reading_ms", "reading"),
        new("staging_ms", "staging"),
        new("training_ms", "training"),
        new("other_ms", "other"),
        new("training_rows_s", "training rows/s"), new("accuracy", "accuracy", "P2"),
    ]);

    private static List<Contender> Contenders(Arguments arguments, MLContext ml)
    {
        var contenders = new List<Contender>();
        IReadOnlyList<string> systems = arguments.List("systems", [Ours, LightGbm]);
        if (systems.Contains(Ours))
        {
            IReadOnlyList<int> epochs = arguments.Numbers("epochs", 1, 100_000);
            IReadOnlyList<PrecisionPolicy> policies = Runs.Policies(arguments);
            contenders.AddRange(
                from device in Runs.Devices(arguments, ml)
                from policy in policies
                from count in epochs
                select new MixedPrecisionContender(policy, device, count));
        }

        if (systems.Contains(LightGbm))
        {
            contenders.Add(new LightGbmContender(arguments.Number("lightgbm-rows", 0, Teacher.MostRows)));
        }

        return contenders;
    }

    /// <summary>The first run pays for just-in-time compilation, of C# and of kernels.</summary>
    private static void WarmUp(MLContext ml, Teacher teacher, IReadOnlyList<Contender> contenders, IDataView test)
    {
        using Table table = Table.Open(ml, teacher, Table.Memory, WarmUpRows, "");
        var unseen = new Report(TextWriter.Null, []);
        foreach (Contender contender in contenders)
        {
            unseen.Attempt([], line => contender.Measure(line, ml, table, test));
        }
    }

    /// <summary>The time of one walk through the rows without a trainer, to compare reading with.</summary>
    private static JsonObject Source(Table table) => new()
    {
        ["kind"] = "source",
        ["source"] = table.Source,
        ["rows"] = table.Rows,
        ["walk_ms"] = Math.Round(table.Walk().TotalMilliseconds, 2),
    };

    private static JsonObject Identity(Contender contender, Table table, int run)
    {
        var line = new JsonObject { ["kind"] = "measurement" };
        contender.Describe(line);
        line["work"] = "fit";
        line["source"] = table.Source;
        line["rows"] = table.Rows;
        line["run"] = run;
        return line;
    }
}
