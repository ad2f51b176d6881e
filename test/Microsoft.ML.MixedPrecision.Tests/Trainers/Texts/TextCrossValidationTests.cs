using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>ML.NET's cross-validation of text trainers: each row is scored once, by a model that has not seen it, and the metrics are those
/// that the scored rows give by hand.</summary>
[TestClass]
public sealed class TextCrossValidationTests
{
    private const int Rows = 90, Folds = 3;

    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void CrossValidate_Classes_HasTheMetricsOfItsRows()
    {
        var folds = _ml.MulticlassClassification.CrossValidate(
            TextCase.Classes.Rows(_ml, Rows), TextCase.Classes.Trainer(_ml, Learns), Folds, nameof(TextRow.Group));

        foreach (TrainCatalogBase.CrossValidationResult<MulticlassClassificationMetrics> fold in folds)
        {
            uint[] labels = [.. fold.ScoredHoldOutSet.GetColumn<uint>(nameof(TextRow.Group))];
            float[][] scores = [.. fold.ScoredHoldOutSet.GetColumn<float[]>("Score")];
            uint[] predicted = [.. fold.ScoredHoldOutSet.GetColumn<uint>("PredictedLabel")];
            CollectionAssert.AreEqual(scores.Select(score => (uint)Array.IndexOf(score, score.Max()) + 1).ToArray(), predicted);
            Assert.AreEqual(Share(labels.Zip(predicted, (a, b) => a == b)), fold.Metrics.MicroAccuracy, 1e-9);
            double[] ofClasses = [.. labels.Distinct().Select(
                label => Share(labels.Zip(predicted).Where(pair => pair.First == label).Select(pair => pair.Second == label)))];
            Assert.AreEqual(ofClasses.Average(), fold.Metrics.MacroAccuracy, 1e-9);
            Assert.AreEqual(scores.Zip(labels).Average(pair => -Math.Log(pair.First[pair.Second - 1])), fold.Metrics.LogLoss, 1e-6);
        }

        AssertFolds(TextCase.Classes, [.. folds.Select(fold => (fold.Model, fold.ScoredHoldOutSet))]);
    }

    [TestMethod]
    public void CrossValidate_YesAndNo_HasTheMetricsOfItsRows()
    {
        var folds = _ml.BinaryClassification.CrossValidate(
            TextCase.Binary.Rows(_ml, Rows), TextCase.Binary.Trainer(_ml, Learns), Folds, nameof(TextRow.IsTool));

        foreach (TrainCatalogBase.CrossValidationResult<CalibratedBinaryClassificationMetrics> fold in folds)
        {
            bool[] labels = [.. fold.ScoredHoldOutSet.GetColumn<bool>(nameof(TextRow.IsTool))];
            float[] scores = [.. fold.ScoredHoldOutSet.GetColumn<float>("Score")];
            float[] probabilities = [.. fold.ScoredHoldOutSet.GetColumn<float>("Probability")];
            Assert.AreEqual(Share(labels.Zip(scores, (label, score) => label == score > 0)), fold.Metrics.Accuracy, 1e-9);
            for (int row = 0; row < scores.Length; row++)
            {
                Assert.AreEqual(1 / (1 + Math.Exp(-scores[row])), probabilities[row], 1e-6);
            }

            float[] yes = [.. scores.Where((_, row) => labels[row])], no = [.. scores.Where((_, row) => !labels[row])];
            double area = yes.Average(a => no.Average(b => a > b ? 1 : a == b ? 0.5 : 0));
            Assert.AreEqual(area, fold.Metrics.AreaUnderRocCurve, 1e-6);
            double loss = labels.Zip(probabilities).Average(pair => -Math.Log2(pair.First ? pair.Second : 1 - (double)pair.Second));
            Assert.AreEqual(loss, fold.Metrics.LogLoss, 1e-5);
        }

        AssertFolds(TextCase.Binary, [.. folds.Select(fold => (fold.Model, fold.ScoredHoldOutSet))]);
    }

    [TestMethod]
    public void CrossValidate_Numbers_HasTheMetricsOfItsRows()
    {
        var folds = _ml.Regression.CrossValidate(
            TextCase.Numbers.Rows(_ml, Rows), TextCase.Numbers.Trainer(_ml, Learns), Folds, nameof(TextRow.Number));

        foreach (TrainCatalogBase.CrossValidationResult<RegressionMetrics> fold in folds)
        {
            double[] labels = [.. fold.ScoredHoldOutSet.GetColumn<float>(nameof(TextRow.Number)).Select(label => (double)label)];
            double[] errors = [.. fold.ScoredHoldOutSet.GetColumn<float>("Score").Zip(labels, (score, label) => score - label)];
            double squares = errors.Average(error => error * error), mean = labels.Average();
            Assert.AreEqual(errors.Average(Math.Abs), fold.Metrics.MeanAbsoluteError, 1e-6);
            Assert.AreEqual(Math.Sqrt(squares), fold.Metrics.RootMeanSquaredError, 1e-6);
            double variance = labels.Average(label => (label - mean) * (label - mean));
            Assert.AreEqual(1 - (squares / variance), fold.Metrics.RSquared, 1e-6);
        }

        AssertFolds(TextCase.Numbers, [.. folds.Select(fold => (fold.Model, fold.ScoredHoldOutSet))]);
    }

    /// <summary>ML.NET has no metrics of words; its folds are there all the same.</summary>
    [TestMethod]
    public void CrossValidationSplit_Words_ScoresTheRowsThatWereLeftOut()
    {
        var models = new List<(ITransformer Model, IDataView Scored)>();
        foreach (DataOperationsCatalog.TrainTestData split in _ml.Data.CrossValidationSplit(TextCase.Words.Rows(_ml, Rows), Folds))
        {
            ITransformer model = TextCase.Words.Fit(_ml, split.TrainSet, Learns);
            models.Add((model, model.Transform(split.TestSet)));
        }

        AssertFolds(TextCase.Words, models);
        foreach ((_, IDataView scored) in models)
        {
            foreach ((uint[] labels, uint[] predicted) in scored.GetColumn<uint[]>("Tags").Zip(scored.GetColumn<uint[]>("PredictedLabel")))
            {
                Assert.HasCount(labels.Length, predicted);
            }
        }
    }

    private static void Learns(dynamic options) => options.Epochs = 6;

    private static double Share(IEnumerable<bool> right) => right.Average(its => its ? 1.0 : 0);

    /// <summary>All rows are scored, each once; models differ, since each has learned from other rows; and each scores the rows again as it
    /// did.</summary>
    private void AssertFolds(TextCase task, IReadOnlyList<(ITransformer Model, IDataView Scored)> folds)
    {
        Assert.HasCount(Folds, folds);
        Assert.AreEqual(Rows, folds.Sum(fold => ScoredRows.ScoresOf(fold.Scored).Length));
        Assert.HasCount(Folds, folds.Select(fold => string.Join(',', TrainerCase.WeightsOf(fold.Model))).Distinct().ToArray());
        IDataView rows = task.Rows(_ml, 10, seed: 7);
        foreach ((ITransformer model, IDataView scored) in folds)
        {
            Assert.AreEqual(Rows - ScoredRows.ScoresOf(scored).Length, TrainerCase.TrainingOf(model).Rows);
            float[][] scores = ScoredRows.ScoresOf(model.Transform(rows));
            Assert.HasCount(10, scores);
            Assert.IsTrue(scores.SelectMany(row => row).All(float.IsFinite));
        }
    }
}
