using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What trainers do about validation where nobody says anything: a tenth of 200 rows or more is held back, and tells when to
/// stop.</summary>
[TestClass]
public sealed class EarlyStoppingDefaultTests
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly MLContext _ml = new(seed: 1);

    public EarlyStoppingDefaultTests() => _ml.Log += (_, e) => _lines.Enqueue(e.Message);

    [TestMethod]
    [DynamicData(nameof(TrainerCase.All), typeof(TrainerCase))]
    internal void Fit_200RowsByDefault_HoldsATenthBackAndRestoresTheBest(TrainerCase task)
    {
        // A rate that makes the validation loss rise again long before 300 epochs.
        TrainingResult training = Fit(task, 200, options => (options.Epochs, options.LearningRate) = (300, 0.1f));

        Assert.AreEqual(180, training.Rows);
        Assert.HasCount(training.BestEpoch!.Value + 16, training.History);
        Assert.IsTrue(training.BestWeightsRestored);
        Assert.AreEqual(training.History.Min(epoch => epoch.ValidationLoss), training.History[training.BestEpoch.Value - 1].ValidationLoss);
        string how = task == TrainerCase.Multiclass || task == TrainerCase.Binary ? "of each class a tenth" : "a tenth at random";
        Assert.IsTrue(
            _lines.Any(line => line.Contains($"20 of 200 rows are held back to validate, {how}", StringComparison.Ordinal)),
            string.Join(Environment.NewLine, _lines));
    }

    [TestMethod]
    [DynamicData(nameof(TrainerCase.All), typeof(TrainerCase))]
    internal void Fit_199RowsByDefault_TrainsOnAllToTheEndAndSaysSo(TrainerCase task)
    {
        TrainingResult training = Fit(task, 199, options => options.Epochs = 3);

        Assert.AreEqual(199, training.Rows);
        Assert.HasCount(3, training.History);
        Assert.IsNull(training.BestEpoch);
        Assert.IsTrue(
            _lines.Any(line => line.Contains("there are 199 labelled rows, fewer than 200", StringComparison.Ordinal)),
            string.Join(Environment.NewLine, _lines));
    }

    [TestMethod]
    public void Fit_LabelsMissing_CountsLabelledRowsOnly()
    {
        Sample[] rows = Sample.Rows(210);
        foreach (Sample row in rows[..20])
        {
            row.Value = float.NaN;
        }

        Assert.AreEqual(
            190,
            TrainerCase.TrainingOf(TrainerCase.Regression.Fit(_ml, TrainerCase.Regression.Prepared(_ml, rows), Unset)).Rows);
    }

    /// <summary>Of 200 labelled rows 20 are held back, however many have no label: these are no rows of the first class either.</summary>
    [TestMethod]
    public void Fit_ClassesMissing_TakesSharesOfLabelledRowsOnly()
    {
        Sample[] rows = Sample.Rows(240);
        foreach (Sample row in rows[100..140])
        {
            row.Kind = "";
        }

        IDataView data = TrainerCase.Multiclass.Prepared(_ml, rows);
        TrainingResult training = TrainerCase.TrainingOf(TrainerCase.Multiclass.Fit(_ml, data, options =>
        {
            Unset(options);
            options.Epochs = 2;
        }));

        Assert.AreEqual(180, training.Rows);
        Assert.IsTrue(_lines.Any(line => line.Contains("20 of 200 rows are held back", StringComparison.Ordinal)));
    }

    /// <summary>A run ends two epochs after the best, before patience does, or is stopped there: the best weights are kept.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_EndedBeforePatienceIs_RestoresTheBest(bool isStopped)
    {
        int best = Fit(TrainerCase.Regression, 200, options => (options.Epochs, options.LearningRate) = (300, 0.1f)).BestEpoch!.Value;

        TrainingResult training = Fit(TrainerCase.Regression, 200, options =>
        {
            (options.Epochs, options.LearningRate) = (isStopped ? 300 : best + 2, 0.1f);
            options.EarlyStoppingPatience = isStopped ? 0 : null;
            options.MetricsCallback = metrics =>
            {
                if (isStopped && metrics.Epoch == best + 2)
                {
                    metrics.RequestStop();
                }
            };
        });

        Assert.HasCount(best + 2, training.History);
        Assert.AreEqual(best, training.BestEpoch);
        Assert.IsTrue(training.BestWeightsRestored);
    }

    [TestMethod]
    public void Fit_FractionOfZero_TrainsOnAllToTheEndAndSaysNothing()
    {
        TrainingResult training = Fit(TrainerCase.Binary, 300, options => (options.ValidationFraction, options.Epochs) = (0, 8));

        Assert.AreEqual(300, training.Rows);
        Assert.HasCount(8, training.History);
        Assert.IsFalse(_lines.Any(line => line.Contains("held back", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_FractionGiven_HoldsThatShareBackOfAnyNumberOfRows()
        => Assert.AreEqual(15, Fit(TrainerCase.Binary, 20, options => (options.ValidationFraction, options.Epochs) = (0.25f, 2)).Rows);

    [TestMethod]
    public void Fit_PatienceOfZero_RunsToTheEndAndKeepsTheLastWeights()
    {
        TrainingResult training = Fit(
            TrainerCase.Regression,
            200,
            options => (options.EarlyStoppingPatience, options.Epochs, options.LearningRate) = (0, 60, 0.1f));

        Assert.HasCount(60, training.History);
        Assert.IsFalse(training.BestWeightsRestored);
        Assert.AreEqual(180, training.Rows);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_ValidationRowsGiven_ReplaceTheHeldBackOnesAndStop(bool byOption)
    {
        IDataView judges = TrainerCase.Regression.Prepared(_ml, Sample.Rows(50, seed: 2));
        MlpTrainerOptions options = TrainerCase.Regression.Options(Unset);
        (options.Epochs, options.LearningRate) = (300, 0.1f);
        options.ValidationSet = byOption ? judges : null;

        TrainingResult training = TrainerCase.TrainingOf(
            TrainerCase.Regression.Fit(_ml, options, TrainerCase.Regression.Prepared(_ml, Sample.Rows(200)), byOption ? null : judges));

        Assert.AreEqual(200, training.Rows);
        Assert.HasCount(training.BestEpoch!.Value + 16, training.History);
        Assert.IsTrue(training.BestWeightsRestored);
    }

    [TestMethod]
    public void Fit_PatienceWithoutRowsToValidate_Refuses()
    {
        var tooFew = Assert.ThrowsExactly<InvalidOperationException>(
            () => Fit(TrainerCase.Binary, 199, options => options.EarlyStoppingPatience = 2));
        var switchedOff = Assert.ThrowsExactly<InvalidOperationException>(
            () => Fit(TrainerCase.Binary, 300, options => (options.EarlyStoppingPatience, options.ValidationFraction) = (2, 0)));

        foreach (InvalidOperationException error in new[] { tooFew, switchedOff })
        {
            StringAssert.Contains(error.Message, "EarlyStoppingPatience is 2, but there are no validation rows");
            StringAssert.Contains(error.Message, "ValidationFraction");
        }
    }

    /// <summary>What nobody asked for does not fail: with one row that counts, all train.</summary>
    [TestMethod]
    public void Fit_OneRowThatCounts_TrainsOnAll()
    {
        Sample[] rows = Sample.Rows(200);
        foreach (Sample row in rows)
        {
            row.Weight = row.Number == 3 ? 1 : 0;
        }

        TrainingResult training = TrainerCase.TrainingOf(TrainerCase.Binary.Fit(_ml, TrainerCase.Binary.Prepared(_ml, rows), options =>
        {
            Unset(options);
            (options.ExampleWeightColumnName, options.Epochs) = ("Weight", 2);
        }));

        Assert.AreEqual(200, training.Rows);
        Assert.IsTrue(_lines.Any(line => line.Contains("none counts or can be spared", StringComparison.Ordinal)));
    }

    /// <summary>Rows held back may hold anything: without early stopping the weights keep every bit, so that neither training nor the
    /// standardizing of labels has seen them.</summary>
    [TestMethod]
    public void Fit_OtherRowsHeldBack_TrainsTheSameBits()
    {
        Sample[] rows = Sample.Rows(300), changed = Sample.Rows(300);
        foreach (int row in HeldBackRows.Draw(300, 0.1f, seed: 1))
        {
            (changed[row].Value, changed[row].Features) = (1e6f, [9, -9, 9, -9]);
        }

        ITransformer[] models =
            [.. new[] { rows, changed }.Select(set => TrainerCase.Regression.Fit(_ml, TrainerCase.Regression.Prepared(_ml, set), options =>
        {
            Unset(options);
            (options.EarlyStoppingPatience, options.Epochs) = (0, 2);
        }))];

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(models[0]), TrainerCase.WeightsOf(models[1]));
        Assert.AreNotEqual(
            TrainerCase.TrainingOf(models[0]).History[0].ValidationLoss,
            TrainerCase.TrainingOf(models[1]).History[0].ValidationLoss);
    }

    /// <summary>AutoML writes sampled options as JSON and reads them back: what is unset stays so, what is set to 0 does too.</summary>
    [TestMethod]
    [DataRow(null, null)]
    [DataRow(0f, 0)]
    [DataRow(0.25f, 7)]
    public void Json_OfValidationOptions_RestoresThem(float? fraction, int? patience)
    {
        var set = new MlpBinaryTrainer.Options { ValidationFraction = fraction, EarlyStoppingPatience = patience };

        MlpBinaryTrainer.Options restored = JsonSerializer.Deserialize<MlpBinaryTrainer.Options>(JsonSerializer.Serialize(set))!;

        Assert.AreEqual((fraction, patience), (restored.ValidationFraction, restored.EarlyStoppingPatience));
    }

    private TrainingResult Fit(TrainerCase task, int rows, Action<MlpTrainerOptions> change)
        => TrainerCase.TrainingOf(task.Fit(_ml, task.Prepared(_ml, Sample.Rows(rows)), options =>
    {
        Unset(options);
        change(options);
    }));

    private static void Unset(MlpTrainerOptions options) => options.ValidationFraction = null;
}
