using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables;

/// <summary>What the measurements come to, for people.</summary>
internal static class TablesSummary
{
    private const int Resamples = 10_000;
    private const string Yardstick = "lightgbm";

    /// <summary>Writes means by table, then ranks and wins of real tables by half and together, then those of made-up ones by
    /// variant.</summary>
    public static void Write(TextWriter output, IReadOnlyList<JsonObject> lines, IReadOnlyList<string> contenders)
    {
        Means(output, "Area under the ROC curve (of classes: mean of each against the others), more is better", lines, contenders, "auc");
        Means(output, "Root of the mean squared error, less is better", lines, contenders, "rmse");
        Means(output, "Log-loss, nats, less is better", lines, contenders, "log_loss");
        Means(output, "Accuracy", lines, contenders, "accuracy");
        Means(output, "Share of what can be reached, made-up tables", lines, contenders, "share");
        Means(output, "Preparation and Fit, ms", lines, contenders, "ms");
        Means(output, "Epochs", lines, contenders, "epochs");
        JsonObject[] real = [.. lines.Where(line => Text(line, "variant").Length == 0)];
        Contests(output, "real tables for tuning", [.. real.Where(IsTuning)], contenders);
        Contests(output, "real tables for reporting", [.. real.Where(line => !IsTuning(line))], contenders);
        Contests(output, "all real tables", real, contenders);
        foreach (IGrouping<string, JsonObject> variant in lines.Except(real).GroupBy(line => Text(line, "variant")))
        {
            Contests(output, $"made-up tables, {variant.Key}", [.. variant], contenders);
        }
    }

    private static void Means(
        TextWriter output,
        string title,
        IReadOnlyList<JsonObject> lines,
        IReadOnlyList<string> contenders,
        string measure)
    {
        var rows = new List<JsonObject>();
        foreach (IGrouping<string, JsonObject> table in lines
            .Where(line => line[measure] is not null)
            .GroupBy(line => Text(line, "table")))
        {
            var row = new JsonObject { ["table"] = table.Key, ["half"] = Text(table.First(), "half") };
            foreach (IGrouping<string, JsonObject> contender in table.GroupBy(line => Text(line, "contender")))
            {
                row[contender.Key] = Format(contender.Average(line => Number(line, measure)), measure);
            }

            if (table.All(line => line["best_" + measure] is not null))
            {
                row["best"] = Format(
                    table.DistinctBy(line => Text(line, "split")).Average(line => Number(line, "best_" + measure)),
                    measure);
            }

            rows.Add(row);
        }

        if (rows.Count > 0)
        {
            output.WriteLine($"\n{title}");
            TextTable.Write(output, [new("table", "table"), new("half", "half"),
                .. contenders.Select(contender => new Column(contender, contender)), new("best", "at best")], rows);
        }
    }

    private static void Contests(TextWriter output, string title, IReadOnlyList<JsonObject> lines, IReadOnlyList<string> contenders)
    {
        Contest(output, title + ", by AUC or RMSE", lines, contenders, AreaError);
        Contest(output, title + ", by log-loss or RMSE", lines, contenders, LossError);
    }

    private static void Contest(
        TextWriter output,
        string title,
        IReadOnlyList<JsonObject> lines,
        IReadOnlyList<string> contenders,
        Func<JsonObject, double> error)
    {
        string[] present = [.. contenders.Where(contender => lines.Any(line => Text(line, "contender") == contender))];
        if (present.Length < 2)
        {
            return;
        }

        var contest = new Contest(
            lines.Select(line => new Cell(Text(line, "table"), (int)line["split"]!, Text(line, "contender"), error(line))),
            present,
            Resamples);
        if (contest.Tables.Count == 0)
        {
            return;
        }

        string yardstick = present.Contains(Yardstick) ? Yardstick : present[0];
        var rows = new List<JsonObject>();
        foreach (string contender in present)
        {
            var row = new JsonObject
            {
                ["contender"] = contender,
                ["rank"] = contest.MeanRank(contender).ToString(),
                ["ratio"] = contest.ErrorRatio(contender, yardstick).ToString(),
            };
            foreach (string other in present.Where(other => other != contender))
            {
                row["against " + other] = contest.WinRate(contender, other).ToString();
            }

            rows.Add(row);
        }

        output.WriteLine($"\n{title}: {contest.Tables.Count} tables; in brackets 95 % over tables");
        TextTable.Write(output, [new("contender", "contender"), new("rank", "mean rank"), new("ratio", $"error ÷ {yardstick}"),
            .. present.Select(other => new Column("against " + other, "wins against " + other))], rows);
    }

    private static double AreaError(JsonObject line)
        => line["rmse"] is not null ? Number(line, "rmse") : line["auc"] is not null ? 1 - Number(line, "auc") : double.NaN;

    private static double LossError(JsonObject line)
        => line["rmse"] is not null ? Number(line, "rmse") : line["log_loss"] is not null ? Number(line, "log_loss") : double.NaN;

    private static bool IsTuning(JsonObject line) => Text(line, "half") == nameof(Half.Tuning);

    private static string Text(JsonObject line, string key) => line[key]!.ToString();

    private static double Number(JsonObject line, string key)
        => double.Parse(line[key]!.ToJsonString(), CultureInfo.InvariantCulture);

    private static string Format(double value, string measure)
        => value.ToString(measure switch { "ms" => "N0", "epochs" => "F1", "rmse" => "G6", _ => "F4" }, CultureInfo.InvariantCulture);
}
