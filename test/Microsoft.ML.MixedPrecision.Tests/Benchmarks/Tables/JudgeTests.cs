using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks.Tables;

/// <summary>Measures of scores against values that were worked out by hand.</summary>
[TestClass]
public sealed class JudgeTests
{
    [TestMethod]
    public void Best_YesOrNo_IsWhatHandsGet()
    {
        float[] p = [0.9f, 0.4f, 0.6f, 0.6f, 0.1f];
        bool[] yes = [true, true, true, false, false];
        var table = new TableData(Question.Binary, TableLabels.Of(yes), [], []) { Best = [.. p.Select(value => (double)value)] };
        TableScore score = Judge.Best(new(1), table, [0, 1, 2, 3, 4]);
        // Of 6 pairs of yes and no: 0.9 wins 2, 0.4 wins 1, 0.6 wins 1 and shares 1.
        Tolerance.AssertClose(4.5 / 6, score.Auc, 1e-9, 0, "AUC");
        Tolerance.AssertClose(3.0 / 5, score.Accuracy, 1e-9, 0, "accuracy");
        Tolerance.AssertClose(
            -(Math.Log(0.9) + Math.Log(0.4) + Math.Log(0.6) + Math.Log(0.4) + Math.Log(0.9)) / 5,
            score.LogLoss,
            1e-6,
            0,
            "log-loss");
        Tolerance.AssertClose(1.5 / 6, score.Error, 1e-9, 0, "error");
    }

    [TestMethod]
    public void Score_ThreeClasses_IsTheMeanOverClasses()
    {
        float[][] probabilities =
        [
            [0.7f, 0.2f, 0.1f],
            [0.3f, 0.5f, 0.2f],
            [0.2f, 0.3f, 0.5f],
            [0.5f, 0.1f, 0.4f],
        ];
        string[] classes = ["x", "y", "z", "z"];
        var ml = new MLContext(1);
        IDataView named = View(
            4,
            ViewColumn.Of("Name", classes),
            ViewColumn.Of("Score", [.. Enumerable.Range(0, 3).Select(k => probabilities.Select(row => row[k]).ToArray())]));
        IDataView keys = ml.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(ml.Transforms.Conversion.MapValueToKey("PredictedLabel", "Name")).Fit(named).Transform(named);
        TableScore score = Judge.Score(ml, Question.Multiclass, keys);
        // x: 0.7 before 0.3, 0.2, 0.5. y: 0.5 before all. z: 0.5 before 0.1 and 0.2, 0.4 too.
        Tolerance.AssertClose(1, score.Auc, 1e-9, 0, "AUC");
        Tolerance.AssertClose(
            -(Math.Log(0.7) + Math.Log(0.5) + Math.Log(0.5) + Math.Log(0.4)) / 4,
            score.LogLoss,
            1e-6,
            0,
            "log-loss");
        Tolerance.AssertClose(3.0 / 4, score.Accuracy, 1e-9, 0, "accuracy");
    }

    [TestMethod]
    public void Score_ThreeClassesInDisorder_CountsPairsOfEachClass()
    {
        float[][] columns = [[0.2f, 0.5f, 0.3f], [0.3f, 0.1f, 0.3f], [0.5f, 0.4f, 0.4f]];
        var ml = new MLContext(1);
        IDataView named = View(3, ViewColumn.Of("Name", ["x", "y", "z"]), ViewColumn.Of("Score", columns));
        IDataView keys = ml.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(ml.Transforms.Conversion.MapValueToKey("PredictedLabel", "Name")).Fit(named).Transform(named);
        // x: 0.2 behind both, 0. y: 0.1 behind both, 0. z: 0.4 behind 0.5, level with 0.4: ¼.
        Tolerance.AssertClose(0.25 / 3, Judge.Score(ml, Question.Multiclass, keys).Auc, 1e-9, 0, "AUC");
    }

    [TestMethod]
    public void Score_Numbers_IsRootOfMeanSquare()
    {
        TableScore score = Judge.Score(
            new(1),
            Question.Regression,
            View(3, ViewColumn.Of("Label", [1f, 2f, 3f]), ViewColumn.Of("Score", [1f, 4f, 2f])));
        Tolerance.AssertClose(Math.Sqrt(5.0 / 3), score.Rmse, 1e-6, 0, "RMSE");
        Assert.AreEqual(score.Rmse, score.Error);
        var table = new TableData(Question.Regression, TableLabels.Of([1f, 2f, 3f]), [], []) { Best = [1, 4, 2] };
        Tolerance.AssertClose(Math.Sqrt(5.0 / 2), Judge.Best(new(1), table, [1, 2]).Rmse, 1e-6, 0, "RMSE of two rows");
    }

    [TestMethod]
    public void LogLoss_WrongAndCertain_IsLimited()
        => Tolerance.AssertClose(15 * Math.Log(10) / 2, Judge.LogLoss([0, 1]), 1e-9, 0, "log-loss");

    private static ColumnView View(int rows, params ViewColumn[] columns) => new(columns, [.. Enumerable.Range(0, rows)]);
}
