using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables;

/// <summary>One contender in one split of one table, as a JSON line.</summary>
internal static class Measurement
{
    private const double TestShare = 0.25;
    private const int Digits = 6;

    /// <summary>What is measured.</summary>
    public static JsonObject Identity(ComparedTable table, TableData data, int split, Contender contender) => new()
    {
        ["kind"] = "measurement",
        ["table"] = table.Name,
        ["question"] = data.Question.ToString(),
        ["half"] = table.Half.ToString(),
        ["variant"] = table.Variant,
        ["rows"] = data.Count,
        ["split"] = split,
        ["contender"] = contender.Name,
    };

    /// <summary>Fits preparation and trainer, timed together, and measures the scores of the test rows.</summary>
    /// <param name="line">Where the measures go.</param>
    /// <param name="data">The table.</param>
    /// <param name="draw">Which split, from 0, which decides rows and the context's seed; and of how many rows to learn from, 0 for three
    /// quarters.</param>
    /// <param name="contender">Who learns.</param>
    public static void Make(JsonObject line, TableData data, (int Index, int Train) draw, Contender contender)
    {
        int seed = draw.Index + 1;
        double share = draw.Train == 0 ? TestShare : 1 - ((double)draw.Train / data.Count);
        var split = Split.Draw(data, share, seed);
        var ml = new MLContext(seed);
        long started = Stopwatch.GetTimestamp();
        ITransformer preparation = Preparation.Create(ml, data, contender.Preparing).Fit(Preparation.View(data, split.Train));
        ITransformer model = contender.Learn(new(
            ml,
            data,
            split.Train,
            seed,
            Preparation.Keys(data, contender.Preparing),
            rows => preparation.Transform(Preparation.View(data, rows))));
        line["ms"] = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 1);
        if (Epochs(model) is { } epochs)
        {
            line["epochs"] = epochs;
        }

        TableScore score = Judge.Score(ml, data.Question, model.Transform(preparation.Transform(Preparation.View(data, split.Test))));
        Write(line, "", score);
        if (data.Best is not null)
        {
            TableScore best = Judge.Best(ml, data, split.Test);
            Write(line, "best_", best);
            Write(line, "share", (KnowingNothing(data, split) - score.Error) / (KnowingNothing(data, split) - best.Error));
        }
    }

    /// <summary>The error of who says the same of every row: ½ of the area, or the deviation of the test labels from their mean.</summary>
    private static double KnowingNothing(TableData data, Split split)
    {
        if (data.Question == Question.Binary)
        {
            return 0.5;
        }

        double[] labels = [.. split.Test.Select(row => (double)data.Labels.Amounts![row])];
        double mean = labels.Average();
        return Math.Sqrt(labels.Average(label => (label - mean) * (label - mean)));
    }

    private static int? Epochs(ITransformer model) => model switch
    {
        NetworkBinaryTransformer binary => binary.Training?.History.Count,
        NetworkMulticlassTransformer multiclass => multiclass.Training?.History.Count,
        NetworkRegressionTransformer regression => regression.Training?.History.Count,
        _ => null,
    };

    private static void Write(JsonObject line, string prefix, TableScore score)
    {
        Write(line, prefix + "auc", score.Auc);
        Write(line, prefix + "accuracy", score.Accuracy);
        Write(line, prefix + "log_loss", score.LogLoss);
        Write(line, prefix + "rmse", score.Rmse);
    }

    private static void Write(JsonObject line, string key, double value)
    {
        if (!double.IsNaN(value))
        {
            line[key] = Math.Round(value, Digits);
        }
    }
}
