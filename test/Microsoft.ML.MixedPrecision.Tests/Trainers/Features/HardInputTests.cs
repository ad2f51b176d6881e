using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What cannot be trained on is refused by every trainer, naming column, row and remedy.</summary>
[TestClass]
public sealed class HardInputTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>Task, what is wrong, how rows become so, and parts of the message. Every second row weighs something else.</summary>
    public static IEnumerable<object[]> Refused => TrainerCase.All.SelectMany(task => RowsOf((TrainerCase)task[0]));

    [TestMethod]
    [DynamicData(nameof(Refused))]
    internal void Fit_OfBadRows_NamesThem(TrainerCase task, string what, Action<Sample[]> spoil, string[] parts)
    {
        Sample[] rows = Sample.Rows(60);
        spoil(rows);

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Prepared(Ml, rows), options => options.ExampleWeightColumnName = "Weight"),
            what);

        AssertContains(error.Message, ["of the training set", .. parts]);
    }

    [TestMethod]
    [DynamicData(nameof(Refused))]
    internal void Fit_OfBadValidationRows_NamesThem(TrainerCase task, string what, Action<Sample[]> spoil, string[] parts)
    {
        Sample[] rows = Sample.Rows(60);
        spoil(rows);
        if (what == "one class")
        {
            // As validation rows these may be of one class.
            return;
        }

        MlpTrainerOptions options = task.Options(changed => changed.ExampleWeightColumnName = "Weight");
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, options, task.Prepared(Ml, Sample.Rows(60)), task.Prepared(Ml, rows)),
            what);

        AssertContains(error.Message, [.. parts.Select(part => part.Replace("training", "validation", StringComparison.Ordinal))]);
        StringAssert.Contains(error.Message, "validation set");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfNoRows_Refuses(TrainerCase task)
        => AssertContains(
            Assert.ThrowsExactly<InvalidOperationException>(() => task.Fit(Ml, task.Prepared(Ml))).Message,
            "The training set has no rows");

    [TestMethod]
    public void Fit_OfSomeMissingLabels_LeavesThoseRowsOutAndCountsThem()
    {
        foreach (TrainerCase task in (TrainerCase[])[TrainerCase.Multiclass, TrainerCase.Regression, TrainerCase.SeveralTargets])
        {
            Sample[] rows = Sample.Rows(60);
            foreach (Sample row in rows.Where(row => row.Number % 10 == 3))
            {
                (row.Kind, row.Value, row.Values[1]) = ("unknown", float.NaN, float.NaN);
            }

            ITransformer model = task.Fit(Ml, task.Prepared(Ml, rows));

            Assert.AreEqual((54L, 6L), (TrainerCase.TrainingOf(model).Rows, TrainerCase.TrainingOf(model).RowsWithoutLabel), $"{task}");
            CollectionAssert.AreEqual(
                TrainerCase.WeightsOf(task.Fit(Ml, task.Prepared(Ml, [.. rows.Where(row => row.Number % 10 != 3)]))),
                TrainerCase.WeightsOf(model),
                $"{task}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfConstantFeatures_LearnsWithoutThem(TrainerCase task)
    {
        Sample[] rows = Sample.Rows(60);
        foreach (Sample row in rows)
        {
            row.Features = [1, 2, 3, 4];
        }

        AssertTrained(task, task.Fit(Ml, task.Prepared(Ml, rows)), rows);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfFewerRowsThanABatch_Trains(TrainerCase task)
        => AssertTrained(task, task.Fit(Ml, task.Prepared(Ml, Sample.Rows(12)), options => options.BatchSize = 1_000_000), Sample.Rows(12));

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithALastBatchOfOneRow_Trains(TrainerCase task)
    {
        foreach (NormalizationKind normalization in Enum.GetValues<NormalizationKind>())
        {
            AssertTrained(
                task,
                task.Fit(Ml, task.Prepared(Ml, Sample.Rows(33)), options => options.Normalization = normalization),
                Sample.Rows(33));
        }
    }

    [TestMethod]
    public void Fit_OfOneRow_EstimatesItsLabel()
    {
        foreach (TrainerCase task in (TrainerCase[])[TrainerCase.Regression, TrainerCase.SeveralTargets])
        {
            Sample[] row = Sample.Rows(1);
            IDataView data = task.Prepared(Ml, row);

            float[] scores = ScoredRows.ScoresOf(task.Fit(Ml, data, options => options.Epochs = 300).Transform(data))[0];

            float[] labels = task == TrainerCase.Regression ? [row[0].Value] : row[0].Values;
            foreach ((float label, float score) in labels.Zip(scores))
            {
                Assert.AreEqual(label, score, 0.1f, $"{task}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfALayerBeyondAnArray_RefusesBeforeAnythingIsAllocated(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));
        task.Fit(Ml, rows, options => options.Epochs = 1);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, rows, options => options.HiddenLayers = [1 << 20, 1 << 20]));

        Assert.IsLessThan(4L << 20, GC.GetAllocatedBytesForCurrentThread() - before);
        AssertContains(error.Message, "HiddenLayers", "1048576 × 1048576", "narrower");
    }

    private static IEnumerable<object[]> RowsOf(TrainerCase task)
    {
        yield return [
            task,
            "NaN",
            Change(37, row => row.Features[2] = float.NaN),
            (string[])["Row 37 (counted from 0", "column 'Features'", "slot 2", "ReplaceMissingValues"]];
        yield return [
            task,
            "infinity",
            Change(0, row => row.Features[0] = float.PositiveInfinity),
            (string[])["Row 0 ", "column 'Features'", "slot 0", "FilterByCustomPredicate"]];
        yield return [
            task,
            "−infinity",
            Change(59, row => row.Features[3] = float.NegativeInfinity),
            (string[])["Row 59 ", "slot 3", "must be finite"]];
        yield return [
            task,
            "negative weight",
            Change(5, row => row.Weight = -1),
            (string[])["Row 5 ", "column 'Weight'", "-1", "not negative"]];
        yield return [
            task,
            "NaN weight",
            Change(5, row => row.Weight = float.NaN),
            (string[])["Row 5 ", "column 'Weight'", "NaN", "finite"]];
        yield return [
            task,
            "infinite weight",
            Change(5, row => row.Weight = float.PositiveInfinity),
            (string[])["Row 5 ", "column 'Weight'", "finite"]];
        yield return [
            task,
            "weights of 0",
            ChangeAll(row => row.Weight = 0),
            (string[])["All weights", "'Weight'", "at least one must be above 0", "ExampleWeightColumnName"]];
        if (task is RegressionCase)
        {
            yield return [
                task,
                "infinite label",
                Change(8, row => row.Value = row.Values[1] = float.NegativeInfinity),
                (string[])["Row 8 ", "column 'Label'", "labels must be finite"]];
        }
        else
        {
            yield return [
                task,
                "one class",
                ChangeAll(row => (row.Kind, row.Answer) = ("low", false)),
                (string[])["same class", task is BinaryCase ? "false" : "'low'", "'Label'", "at least two"]];
        }

        if (task is not BinaryCase)
        {
            yield return [
                task,
                "no labels",
                ChangeAll(row => (row.Kind, row.Value, row.Values[0]) = ("unknown", float.NaN, float.NaN)),
                (string[])["All 60 rows", "'Label'", task is RegressionCase ? "NaN" : "MapValueToKey"]];
        }
    }

    private static Action<Sample[]> Change(int row, Action<Sample> change) => rows => change(rows[row]);

    private static Action<Sample[]> ChangeAll(Action<Sample> change) => rows => Array.ForEach(rows, row => change(row));

    private static void AssertTrained(TrainerCase task, ITransformer model, Sample[] rows)
    {
        Assert.IsGreaterThan(0, TrainerCase.TrainingOf(model).Steps);
        Assert.AreEqual(0, TrainerCase.TrainingOf(model).Skipped);
        Assert.IsTrue(TrainerCase.NetworkOf(model).Network.Parameters.All(parameter => parameter.Values.All(float.IsFinite)));
        Assert.IsTrue(ScoredRows.ScoresOf(model.Transform(task.Prepared(Ml, rows))).All(row => row.All(float.IsFinite)));
    }

    private static void AssertContains(string message, params string[] parts)
    {
        foreach (string part in parts)
        {
            StringAssert.Contains(message, part);
        }
    }
}
