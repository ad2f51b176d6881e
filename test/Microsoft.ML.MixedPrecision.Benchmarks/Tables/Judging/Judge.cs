using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>Measures scores, as far as it goes with ML.NET's evaluators.</summary>
internal static class Judge
{
    private const double LeastProbability = 1e-15;

    /// <summary>Measures scored rows, of which there are <c>Label</c>, <c>Score</c> and what else the question brings.</summary>
    public static TableScore Score(MLContext ml, Question question, IDataView scored) => question switch
    {
        Question.Binary => Binary(ml, scored),
        Question.Multiclass => Multiclass(ml, scored),
        _ => new(double.NaN, double.NaN, double.NaN, ml.Regression.Evaluate(scored).RootMeanSquaredError),
    };

    /// <summary>Measures what can be said at best of some rows of a made-up table.</summary>
    public static TableScore Best(MLContext ml, TableData table, int[] rows)
    {
        float[] best = [.. table.Best!.Select(value => (float)value)];
        // ML.NET says yes where a score is above 0, whatever the column PredictedLabel says.
        ViewColumn[] columns = table.Question == Question.Binary
            ?
            [
                ViewColumn.Of("Label", table.Labels.Yes!), ViewColumn.Of("Score", [.. best.Select(value => value - 0.5f)]),
                ViewColumn.Of("Probability", best), ViewColumn.Of("PredictedLabel", [.. best.Select(value => value > 0.5f)]),
            ]
            : [ViewColumn.Of("Label", table.Labels.Amounts!), ViewColumn.Of("Score", best)];
        return Score(ml, table.Question, new ColumnView(columns, rows));
    }

    /// <summary>Mean of −ln of the probabilities of what was right, each of at least 1e-15, as ML.NET does it for several classes; its
    /// evaluator of yes or no gives infinity for one wrong answer that was certain.</summary>
    public static double LogLoss(IEnumerable<double> ofRight) => ofRight.Average(p => -Math.Log(Math.Max(p, LeastProbability)));

    private static TableScore Binary(MLContext ml, IDataView scored)
    {
        BinaryClassificationMetrics metrics = ml.BinaryClassification.EvaluateNonCalibrated(scored);
        IEnumerable<double> ofRight = scored.GetColumn<float>("Probability").Zip(
            scored.GetColumn<bool>("Label"),
            (p, yes) => yes ? p : 1.0 - p);
        return new(metrics.AreaUnderRocCurve, metrics.Accuracy, LogLoss(ofRight), double.NaN);
    }

    private static TableScore Multiclass(MLContext ml, IDataView scored)
    {
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
        uint[] labels = [.. scored.GetColumn<uint>("Label")];
        float[][] scores = [.. scored.GetColumn<float[]>("Score")];
        double auc = Enumerable.Range(0, scores[0].Length)
            .Where(k => labels.Contains((uint)k + 1))
            .Average(k => Auc(ml, [.. labels.Select(label => label == k + 1)], [.. scores.Select(row => row[k])]));
        return new(auc, metrics.MicroAccuracy, metrics.LogLoss, double.NaN);
    }

    private static double Auc(MLContext ml, bool[] labels, float[] scores)
    {
        var view = new ColumnView(
            [
                ViewColumn.Of("Label", labels), ViewColumn.Of("Score", scores),
                ViewColumn.Of("PredictedLabel", [.. scores.Select(score => score > 0.5f)]),
            ],
            [.. Enumerable.Range(0, labels.Length)]);
        return ml.BinaryClassification.EvaluateNonCalibrated(view).AreaUnderRocCurve;
    }
}
