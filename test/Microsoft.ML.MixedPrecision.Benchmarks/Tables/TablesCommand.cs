using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables;

/// <summary>How good ours are out of the box, beside ML.NET's trees, on many tables.</summary>
internal static class TablesCommand
{
    private const string Name = "tables";
    private const string TablesOption = "tables";
    private const string ContendersOption = "contenders";
    private const string FromOption = "from";
    private const string TrainOption = "train";

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "quality on 22 real tables (Tables/Data/fetch.sh writes them) and made-up ones whose best score is known: ours, LightGBM and "
            + "FastTree out of the box, LightGBM with many trees; ranks and wins with intervals over tables",
        [
            new(TablesOption, "tuning,reporting,made_tuning,made_reporting", "names of tables, or halves: tuning, reporting (real ones), "
                + "made_tuning, made_reporting (made-up ones, but for those of 200,000 rows, which want their names: smooth_yes_200k, "
                + "steps_amount_200k_b, …)"),
            new(ContendersOption, string.Join(',', Contender.Usual.Select(contender => contender.Name)),
                "or ours_transformer, or ours[Option=value;…], for example ours[Epochs=100;HiddenLayers=64x64]"),
            new("splits", "5", "splits of each table, three quarters to learn from and one to be tested on, the same for all"),
            new(TrainOption, "0", "rows to learn from, the others are the test; 0 for three quarters"),
            new("data", "artifacts/tables", "folder that fetch.sh wrote the real tables to"),
            new(FromOption, "", "files of such lines, with commas between them: measures nothing, sums up what they hold of the tables and "
                + "contenders that are named"),
            Option.Commit,
        ],
        Run);

    private static int Run(Arguments arguments)
    {
        IReadOnlyList<ComparedTable> tables = Tables(arguments);
        IReadOnlyList<string> contenders = arguments.List(ContendersOption);
        if (arguments.Text(FromOption).Length > 0)
        {
            var names = tables.Select(table => table.Name).ToHashSet();
            TablesSummary.Write(Console.Out, [.. arguments.List(FromOption).SelectMany(Lines)
                .Where(line => names.Contains((string)line["table"]!) && contenders.Contains((string)line["contender"]!))], contenders);
            return 0;
        }

        Contender[] all = [.. contenders.Select(Contender.Named)];
        int splits = arguments.Number("splits", 1, 1000), train = arguments.Number(TrainOption, 0, 1_000_000);
        var report = new Report(Console.Out, [new("table", "table"), new("split", "split"), new("contender", "contender")]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        var lines = new List<JsonObject>();
        foreach (ComparedTable table in tables)
        {
            TableData data = table.Read(arguments.Text("data"));
            for (int split = 0; split < splits; split++)
            {
                foreach (Contender contender in all)
                {
                    JsonObject line = Measurement.Identity(table, data, split, contender);
                    report.Attempt(line, line => Measurement.Make(line, data, (split, train), contender), inTable: false);
                    lines.Add(line);
                }
            }
        }

        int code = report.Finish();
        TablesSummary.Write(Console.Out, lines, contenders);
        return code;
    }

    private static IReadOnlyList<ComparedTable> Tables(Arguments arguments)
        => [
            .. arguments.List(TablesOption).SelectMany(word => ComparedTable.Named(word).ToList() is { Count: > 0 } tables
                ? tables
                : throw new UsageException($"--tables {word}: write tuning, reporting, made_tuning, made_reporting, or names of "
                    + $"{string.Join(", ", ComparedTable.All.Select(table => table.Name))}.")).Distinct(),
        ];

    private static IEnumerable<JsonObject> Lines(string file)
        => File.Exists(file)
            ? File.ReadLines(file)
                .Where(line => line.StartsWith('{'))
                .Select(line => JsonNode.Parse(line)!.AsObject())
                .Where(line => (string?)line["kind"] == "measurement")
            : throw new UsageException($"--{FromOption} {file}: there is no such file.");
}
