using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>How good a model is with default settings: ours as they are and as they were, beside ML.NET's own trainers, by
/// cross-validation.</summary>
internal static class DefaultsCommand
{
    private const string Name = "defaults";
    private const int CustomerRows = 20_000;

    /// <summary>The command.</summary>
    public static BenchmarkCommand Command { get; } = new(
        Name,
        "quality with default settings, cross-validated on made-up and real tables: ours before and now, with and without a "
            + "normaliser, LightGBM, FastTree, a linear model",
        [
            new("tables", string.Join(',', Tables.Select(table => table.Name)), "made up: customers to steps; real: digits, penguins, "
                + "weather"),
            new("learners", string.Join(',', Learner.All.Select(learner => learner.Name)),
                "before: all rows train for 30 epochs, features as they are"),
            new("rows", "10000", $"rows of a made-up table; customers are {CustomerRows} at most, twice as many as this"),
            new("folds", "5", "parts of a table, each of which is tested on once"),
            new("seeds", "1", "seeds of table, parts and training: 1, 2, …"),
            Option.Commit,
        ],
        Run);

    private static IReadOnlyList<ExampleTable> Tables => [.. MadeUpTables.All, .. RealTables.All];

    private static int Run(Arguments arguments)
    {
        IReadOnlyList<string> tables = arguments.List("tables", [.. Tables.Select(table => table.Name)]);
        IReadOnlyList<string> learners = arguments.List("learners", [.. Learner.All.Select(learner => learner.Name)]);
        int rows = arguments.Number("rows", 100, 10_000_000),
        folds = arguments.Number("folds", 2, 100),
        seeds = arguments.Number("seeds", 1, 1000);
        var report = new Report(Console.Out,
        [
            new("table", "table"),
            new("learner", "learner"),
            new("auc", "AUC", "F4"),
            new("accuracy", "accuracy", "F4"),
            new("r_squared", "R²", "F4"),
            new("deviation", "±", "F4"),
            new("log_loss", "log-loss", "F4"), new("rmse", "RMSE", "F4"), new("epochs", "epochs", "F1"), new("ms", "Fit, ms"),
        ]);
        report.Print(Header.Create(Name, arguments, new MLContext()));
        foreach (ExampleTable table in Tables.Where(table => tables.Contains(table.Name)))
        {
            foreach (Learner learner in Learner.All.Where(learner => learners.Contains(learner.Name)))
            {
                Measure(report, table, learner, (table.Name == "customers" ? Math.Min(2 * rows, CustomerRows) : rows, folds, seeds));
            }
        }

        return report.Finish();
    }

    private static void Measure(Report report, ExampleTable table, Learner learner, (int Rows, int Folds, int Seeds) size)
    {
        var lines = new List<JsonObject>();
        for (int seed = 1; seed <= size.Seeds; seed++)
        {
            Example[] rows = table.Rows(size.Rows, seed);
            new Random(seed).Shuffle(rows);
            for (int fold = 0; fold < size.Folds; fold++)
            {
                var line = new JsonObject
                {
                    ["kind"] = "measurement",
                    ["table"] = table.Name,
                    ["learner"] = learner.Name,
                    ["seed"] = seed,
                    ["fold"] = fold,
                };
                Example[] train = [.. rows.Where((_, row) => row % size.Folds != fold)], test = [
                    .. rows.Where((_, row) => row % size.Folds == fold)];
                report.Attempt(line, line => Fit(line, table, learner, train, test), inTable: false);
                lines.Add(line);
            }
        }

        if (lines.All(line => !line.ContainsKey("error")))
        {
            report.Add(Summary(table, learner, lines));
        }
    }

    private static void Fit(JsonObject line, ExampleTable table, Learner learner, Example[] train, Example[] test)
    {
        var ml = new MLContext((int)line["seed"]!);
        IDataView view = ExampleTable.View(ml, train);
        EstimatorChain<ITransformer> preparation = table.Preparation(ml);
        if (learner.Normaliser != Normaliser.None)
        {
            preparation = preparation.Append((IEstimator<ITransformer>)(learner.Normaliser == Normaliser.MinMax
                ? ml.Transforms.NormalizeMinMax("Features")
                : ml.Transforms.NormalizeMeanVariance("Features", fixZero: false)));
        }

        TransformerChain<ITransformer> prepared = preparation.Fit(view);
        IDataView features = ml.Data.Cache(prepared.Transform(view), "Features", "Label");
        long started = Stopwatch.GetTimestamp();
        ITransformer model = learner.Trainer(ml, table.Question).Fit(features);
        line["ms"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
        if (EpochsOf(model) is { } epochs)
        {
            line["epochs"] = (double)epochs;
        }

        Evaluate(line, ml, table.Question, model.Transform(prepared.Transform(ExampleTable.View(ml, test))));
    }

    private static int? EpochsOf(ITransformer model) => model switch
    {
        NetworkBinaryTransformer binary => binary.Training!.History.Count,
        NetworkMulticlassTransformer multiclass => multiclass.Training!.History.Count,
        NetworkRegressionTransformer regression => regression.Training!.History.Count,
        _ => null,
    };

    /// <summary>Log-losses are as ML.NET gives them: of yes or no in bits, of several classes in nats.</summary>
    private static void Evaluate(JsonObject line, MLContext ml, Question question, IDataView scored)
    {
        switch (question)
        {
            case Question.Binary:
                CalibratedBinaryClassificationMetrics binary = ml.BinaryClassification.Evaluate(scored);
                (line["auc"], line["accuracy"], line["log_loss"]) = (
                    Rounded(binary.AreaUnderRocCurve),
                    Rounded(binary.Accuracy),
                    Rounded(binary.LogLoss));
                break;
            case Question.Multiclass:
                MulticlassClassificationMetrics multiclass = ml.MulticlassClassification.Evaluate(scored);
                (line["accuracy"], line["log_loss"]) = (Rounded(multiclass.MicroAccuracy), Rounded(multiclass.LogLoss));
                break;
            default:
                RegressionMetrics regression = ml.Regression.Evaluate(scored);
                (line["r_squared"], line["rmse"]) = (Rounded(regression.RSquared), Rounded(regression.RootMeanSquaredError));
                break;
        }
    }

    /// <summary>Means over seeds and folds; the deviation is that of the first metric, one of a sample.</summary>
    private static JsonObject Summary(ExampleTable table, Learner learner, IReadOnlyList<JsonObject> lines)
    {
        var summary = new JsonObject { ["kind"] = "summary", ["table"] = table.Name, ["learner"] = learner.Name, ["runs"] = lines.Count };
        foreach (string metric in new[] { "auc", "accuracy", "r_squared", "log_loss", "rmse", "epochs" }.Where(lines[0].ContainsKey))
        {
            summary[metric] = Rounded(Of(metric).Average());
        }

        summary["deviation"] = Rounded(
            Statistics.Deviation(
                Of(table.Question switch { Question.Binary => "auc", Question.Multiclass => "accuracy", _ => "r_squared" })));
        summary["ms"] = Math.Round(Statistics.Median(Of("ms")), 1);
        return summary;

        double[] Of(string metric) => [
            .. lines.Select(
                line => line[metric]!.GetValueKind() == JsonValueKind.Number ? line[metric]!.GetValue<double>() : double.PositiveInfinity)];
    }

    /// <summary>A number to five places; JSON has none that is infinite, such as the log-loss of a wrong answer that was certain.</summary>
    private static JsonValue Rounded(double value)
        => double.IsFinite(value) ? JsonValue.Create(Math.Round(value, 5)) : JsonValue.Create("infinite")!;
}
