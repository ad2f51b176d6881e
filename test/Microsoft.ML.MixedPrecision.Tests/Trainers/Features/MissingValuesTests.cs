using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="MissingValues.ImputeAndIndicate"/>, with every scaling, from what is learned to every way to score.</summary>
[TestClass]
public sealed class MissingValuesTests : IDisposable
{
    private static readonly MLContext Ml = new(seed: 1);
    private readonly CheckpointedFit _fits = new();

    public static IEnumerable<object[]> All => TrainerCase.All;

    public static IEnumerable<object[]> Scalings
        => from task in TrainerCase.All from scaling in Enum.GetValues<FeatureScaling>() select new object[] { task[0], scaling };

    public static IEnumerable<object[]> ByHand
        => from scaling in Enum.GetValues<FeatureScaling>()
           from policy in new[] { "float32", "mixed_float16", "mixed_bfloat16" }
           select new object[] { scaling, policy };

    public static IEnumerable<object[]> Exports
        => from row in Scalings
           from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
           select (object[])[.. row, format];

    public void Dispose() => _fits.Dispose();

    /// <summary>The same bits as training on rows that were filled, scaled and indicated by hand: what gaps there are in rows held back or
    /// of weight 0 decides nothing.</summary>
    [TestMethod]
    [DynamicData(nameof(ByHand))]
    public void Fit_OfGaps_IsTrainingOnRowsPreparedByHand(FeatureScaling scaling, string policy)
    {
        Sample[] rows = Gappy(160), byHand = Gappy(160);
        int[] heldBack = HeldBackRows.Draw(rows.Length, 0.25f, seed: 1);
        rows[heldBack[3]].Features[0] = float.NaN;
        int ignored = Enumerable.Range(0, 160).First(row => !heldBack.Contains(row));
        (rows[ignored].Weight, byHand[ignored].Weight, rows[ignored].Features) = (0, 0, [float.NaN, 1, 2, 3]);
        int[] counted = [.. Enumerable.Range(0, rows.Length).Where(row => !heldBack.Contains(row) && rows[row].Weight > 0)];
        float[][] prepared = PreparedByHand.Of([.. rows.Select(row => row.Features)], counted, scaling, MissingValues.ImputeAndIndicate);
        Assert.HasCount(6, prepared[0]);
        void Change(MlpTrainerOptions options)
        {
            (options.ValidationFraction, options.Precision, options.Epochs) = (0.25f, PrecisionPolicy.Parse(policy), 4);
            options.ExampleWeightColumnName = "Weight";
        }

        TrainerCase task = TrainerCase.Regression;
        IDataView given = Raw(task, rows), hand = PreparedByHand.Data(Ml, task, byHand, prepared);
        ITransformer expected = task.Fit(Ml, hand, options =>
        {
            Change(options);
            options.FeatureScaling = FeatureScaling.None;
        });
        ITransformer actual = task.Fit(Ml, given, options =>
        {
            Change(options);
            (options.FeatureScaling, options.MissingValues) = (scaling, MissingValues.ImputeAndIndicate);
        });

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(actual));
        CollectionAssert.AreEqual(
            TrainerCase.TrainingOf(expected).History.Select(epoch => epoch.ValidationLoss).ToArray(),
            TrainerCase.TrainingOf(actual).History.Select(epoch => epoch.ValidationLoss).ToArray());
        CollectionAssert.AreEqual(ScoredRows.BitsOf(expected.Transform(hand)), ScoredRows.BitsOf(actual.Transform(given)));
    }

    /// <summary>Gaps that say what the answer is are learned from: filled, all rows would be alike.</summary>
    [TestMethod]
    public void Fit_OfGapsThatTell_LearnsFromTheIndicator()
    {
        Sample[] rows = Sample.Rows(400);
        foreach (Sample row in rows)
        {
            row.Features = [row.Answer ? float.NaN : 5, row.Features[3], 1, 1];
        }

        IDataView data = Raw(TrainerCase.Binary, rows);
        ITransformer model = TrainerCase.Binary.Fit(Ml, data, options => options.MissingValues = MissingValues.ImputeAndIndicate);

        Assert.IsGreaterThan(0.99, TrainerCase.Binary.Quality(Ml, model.Transform(data)));
    }

    /// <summary>More than a batch of rows; gaps with indicators, gaps without, and an infinity among them; from a file too.</summary>
    [TestMethod]
    [DynamicData(nameof(Scalings))]
    internal void Transform_BulkEngineAndLoaded_HaveTheSameBits(TrainerCase task, FeatureScaling scaling)
    {
        ITransformer model = Pipeline(task, scaling).Fit(Ml.Data.LoadFromEnumerable(Gappy(300)));
        Sample[] rows = Unseen(1500);
        IDataView unseen = Ml.Data.LoadFromEnumerable(rows);
        float[][] bulk = ScoredRows.Of(model.Transform(unseen));

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(loaded.Transform(unseen)));
        Sample[] some = [.. rows.Take(60), rows[InfiniteRow], rows[^1]];
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf([.. bulk.Take(60), bulk[InfiniteRow], bulk[^1]]), ScoredRows.BitsOf(task.Predict(Ml, model, some)));
        Assert.IsTrue(float.IsNaN(bulk[InfiniteRow][^1]), "an infinity is no gap");
        Assert.IsTrue(bulk.Where((_, row) => row != InfiniteRow).All(row => row.All(float.IsFinite)));
        dynamic parameters = ((dynamic)TrainerCase.Ours((IEnumerable<ITransformer>)loaded)).Model;
        Assert.AreEqual(MissingValues.ImputeAndIndicate, (MissingValues)parameters.MissingValues);
        Assert.AreEqual(Sample.FeatureCount, (int)parameters.Inputs);
    }

    [TestMethod]
    [DynamicData(nameof(Exports))]
    internal void ExportToOnnx_OfGaps_ScoresAsTheModelDoes(TrainerCase task, FeatureScaling scaling, NumericFormat format)
    {
        Sample[] rows = Unseen(300);
        ITransformer model = task.Fit(Ml, Raw(task, Gappy(300)), options =>
            (options.MissingValues, options.FeatureScaling, options.Epochs) = (MissingValues.ImputeAndIndicate, scaling, 5));
        IDataView unseen = Raw(task, rows);
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Where(row => row.All(float.IsFinite)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, unseen, stream, new OnnxExportOptions { Format = format });

        double tolerance = format switch { NumericFormat.Float32 => 4e-6, NumericFormat.Float16 => 1e-2, _ => 8e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        Assert.AreEqual(1, file.Graph.Node.Count(node => node.OpType == "IsNaN" && node.Input.Contains("Features")));
        Assert.AreEqual("ImputeAndIndicate", file.MetadataProps.Single(entry => entry.Key == "mixedprecision.missing_values").Value);
        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(stream.ToArray()));
    }

    /// <summary>A gap in a slot that had none in training scores as that slot's median does, and one warning counts such rows; those with
    /// gaps as in training are not worth one.</summary>
    [TestMethod]
    [DynamicData(nameof(Scalings))]
    internal void Score_OfAGapThatTrainingHadNot_IsTheMediansAndToldOnce(TrainerCase task, FeatureScaling scaling)
    {
        var ml = new MLContext(seed: 1);
        var warnings = new ConcurrentQueue<string>();
        ITransformer fitted = Pipeline(task, scaling).Fit(Ml.Data.LoadFromEnumerable(Gappy(301)));
        ml.Log += (_, e) => Enqueue(warnings, e);
        ITransformer model = Models.Load(Models.Save(fitted), ml);
        float median = Gappy(301).Select(row => row.Features[2]).Order().ElementAt(150);
        Sample[] missing = Sample.Rows(40, seed: 5), filled = Sample.Rows(40, seed: 5);
        foreach (int row in (int[])[3, 30])
        {
            (missing[row].Features[2], filled[row].Features[2]) = (float.NaN, median);
        }

        missing[20].Features[1] = filled[20].Features[1] = float.NaN;
        float[][] expected = ScoredRows.Of(model.Transform(ml.Data.LoadFromEnumerable(filled)));
        Assert.IsEmpty(warnings);

        float[][] actual = ScoredRows.ScoresOf(model.Transform(ml.Data.LoadFromEnumerable(missing)));

        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(ScoredRows.ScoresOf(model.Transform(ml.Data.LoadFromEnumerable(filled)))), ScoredRows.BitsOf(actual));
        Assert.HasCount(1, warnings);
        Assert.Contains(
            "Row 3 (counted from 0, in the order read), column 'Features', holds NaN in slot 2, a slot without gaps", warnings.Single());
        Assert.Contains("2 of 40 rows scored so far", warnings.Single());
        warnings.Clear();
        CollectionAssert.AreEqual(ScoredRows.BitsOf(expected), ScoredRows.BitsOf(task.Predict(ml, model, missing)));
        Assert.HasCount(1, warnings);
    }

    /// <summary>What the log says of gaps: how many, where; and a warning for slots of nothing else, and for gaps that validation alone
    /// has.</summary>
    [TestMethod]
    public void Fit_OfGaps_TellsOfThemSlotBySlot()
    {
        var ml = new MLContext(seed: 1);
        var log = new ConcurrentQueue<string>();
        var warnings = new ConcurrentQueue<string>();
        ml.Log += (_, e) =>
        {
            log.Enqueue(e.Message);
            Enqueue(warnings, e);
        };
        Sample[] rows = Gappy(100), validation = Gappy(50, seed: 2);
        Array.ForEach(rows, row => row.Features[3] = float.NaN);
        validation[4].Features[0] = float.NaN;
        validation[9].Features[0] = float.NaN;
        MlpTrainerOptions options = TrainerCase.Regression.Options(
            changed => (changed.MissingValues, changed.Epochs) = (MissingValues.ImputeAndIndicate, 1));

        ITransformer model = TrainerCase.Regression.Fit(
            ml, options, Raw(TrainerCase.Regression, rows), Raw(TrainerCase.Regression, validation));

        int inOne = rows.Count(row => float.IsNaN(row.Features[1]));
        Assert.Contains(
            line => line.Contains(
                $"2 of 4 features of column 'Features' have gaps in the 100 rows that train: 100 in slot 3, {inOne} in slot 1. They are "
                    + "filled with the median of the slot, and the network reads 2 indicators besides.",
                StringComparison.Ordinal),
            log);
        string[] kept = [.. TrainerCase.TrainingOf(model).Warnings.Where(
            warning => warning.Contains("features of column", StringComparison.Ordinal))];
        Assert.HasCount(2, kept);
        Assert.Contains("1 of 4 features of column 'Features' is missing in every row that trains: slot 3. Nothing is learned", kept[0]);
        Assert.Contains("1 of 4 features of column 'Features' has gaps in the 50 rows of the validation set, but had none", kept[1]);
        Assert.Contains(": 2 in slot 0. They are filled with the median of the slot, without an indicator.", kept[1]);
        Assert.IsTrue(kept.All(warning => warnings.Any(line => line.Contains(warning, StringComparison.Ordinal))));
        Assert.IsTrue(ScoredRows.ScoresOf(model.Transform(Raw(TrainerCase.Regression, rows))).All(row => float.IsFinite(row[0])));
    }

    /// <summary>Rows held back by the trainer, told apart from those that train.</summary>
    [TestMethod]
    public void Fit_OfGapsInHeldBackRowsAlone_Warns()
    {
        Sample[] rows = Sample.Rows(100);
        int[] heldBack = HeldBackRows.Draw(100, 0.2f, seed: 1);
        rows[heldBack[0]].Features[2] = float.NaN;

        ITransformer model = TrainerCase.Regression.Fit(Ml, Raw(TrainerCase.Regression, rows), options =>
            (options.MissingValues, options.ValidationFraction, options.Epochs) = (MissingValues.ImputeAndIndicate, 0.2f, 1));

        Assert.Contains(
            warning => warning.Contains("has gaps in the 20 rows held back to validate, but had none", StringComparison.Ordinal),
            TrainerCase.TrainingOf(model).Warnings);
        Assert.IsEmpty(TrainerCase.NetworkOf(model).Network.Preparation!.Gaps!.Indicated.ToArray());
    }

    [TestMethod]
    [DataRow(float.NaN, MissingValues.Reject, "Set MissingValues to ImputeAndIndicate, replace such values")]
    [DataRow(float.PositiveInfinity, MissingValues.ImputeAndIndicate, "holds Infinity in slot 2; features must be finite")]
    [DataRow(float.NegativeInfinity, MissingValues.ImputeAndIndicate, "holds -Infinity in slot 2; features must be finite")]
    public void Fit_OfWhatIsNotTaken_NamesRowAndSlot(float value, MissingValues missing, string part)
    {
        Sample[] rows = missing == MissingValues.Reject ? Sample.Rows(50) : Gappy(50);
        rows[33].Features = [1, missing == MissingValues.Reject ? 1 : float.NaN, value, 0];

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Regression.Fit(
            Ml, Raw(TrainerCase.Regression, rows), options => options.MissingValues = missing));

        StringAssert.Contains(error.Message, part);
        StringAssert.Contains(error.Message, "Row 33 ");
    }

    /// <summary>Unscaled features that the format does not hold are told of as ever, though they are read in Float32.</summary>
    [TestMethod]
    public void Fit_OfUnscaledFeaturesBeyondFloat16_NamesRowAndValue()
    {
        Sample[] rows = Gappy(50);
        rows[33].Features[2] = 70000;

        string message = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Regression.Fit(
            Ml,
            Raw(TrainerCase.Regression, rows),
            options => (options.MissingValues, options.FeatureScaling, options.Precision)
                = (MissingValues.ImputeAndIndicate, FeatureScaling.None, PrecisionPolicy.MixedFloat16))).Message;

        StringAssert.Contains(message, "row 33 ");
        StringAssert.Contains(message, "holds 70000 in slot 2; the largest value of Float16");
        Assert.DoesNotContain("scaled by FeatureScaling", message);
    }

    /// <summary>In sparse rows what is not stored is 0, and NaN that is stored a gap.</summary>
    [TestMethod]
    public void Fit_OfSparseRows_TakesZerosForValues()
    {
        SparseRow[] rows = [.. Enumerable.Range(0, 90).Select(i => new SparseRow
        {
            Label = i % 7,
            Features = new VBuffer<float>(4, 2, [i % 3 == 0 ? float.NaN : i % 7, 5], [1, 3]),
        })];
        IDataView data = Ml.Data.LoadFromEnumerable(rows);

        ITransformer model = TrainerCase.Regression.Fit(Ml, data, options =>
            (options.MissingValues, options.FeatureScaling) = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust));

        var preparation = TrainerCase.NetworkOf(model).Network.Preparation!;
        CollectionAssert.AreEqual(new[] { 1 }, preparation.Gaps!.Indicated.ToArray());
        CollectionAssert.AreEqual(new[] { 0f, 3, 0, 5 }, preparation.Gaps.Fill.Values);
        Assert.IsTrue(ScoredRows.ScoresOf(model.Transform(data)).All(row => float.IsFinite(row[0])));
    }

    /// <summary>Going on from a model keeps what it does with gaps, whatever rows and options are; gaps that it does not indicate are told
    /// of.</summary>
    [TestMethod]
    [DataRow(MissingValues.ImputeAndIndicate)]
    [DataRow(MissingValues.Reject)]
    public void Fit_FromAModel_KeepsItsTreatmentOfGaps(MissingValues now)
    {
        TrainerCase task = TrainerCase.Binary;
        IDataView first = Raw(task, Gappy(150));
        Sample[] others = Gappy(150, seed: 4);
        others[17].Features[0] = float.NaN;
        ITransformer model = task.Fit(Ml, first, options =>
            (options.MissingValues, options.FeatureScaling) = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust));

        ITransformer next = task.Fit(
            Ml,
            task.Options(options => (options.MissingValues, options.FeatureScaling, options.Epochs, options.LearningRate)
                = (now, FeatureScaling.Robust, 1, 1e-9f)),
            Raw(task, others),
            previous: model);

        foreach ((float[] one, float[] two) in ScoredRows.ScoresOf(model.Transform(first)).Zip(ScoredRows.ScoresOf(next.Transform(first))))
        {
            Assert.AreEqual(one[0], two[0], 1e-3);
        }

        IReadOnlyList<string> warnings = TrainerCase.TrainingOf(next).Warnings;
        Assert.Contains(warning => warning.Contains("1 in slot 0. They are filled", StringComparison.Ordinal), warnings);
        Assert.AreEqual(
            now == MissingValues.Reject,
            warnings.Any(
                warning => warning.StartsWith("MissingValues is Reject, but what the previous model does", StringComparison.Ordinal)));
    }

    /// <summary>A model of other features is refused as ever, not for its indicators.</summary>
    [TestMethod]
    public void Fit_FromAModelOfMoreFeatures_SaysSo()
    {
        TrainerCase task = TrainerCase.Regression;
        ITransformer model = task.Fit(Ml, Raw(task, Gappy(60)), options => options.MissingValues = MissingValues.ImputeAndIndicate);
        IDataView fewer = PreparedByHand.Data(Ml, task, Sample.Rows(60), [.. Gappy(60).Select(row => row.Features[..2])]);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => task.Fit(Ml, task.Options(), fewer, previous: model));

        StringAssert.Contains(error.Message, "The previous model is 4 numbers and 2 indicators of gaps, Linear 16");
    }

    /// <summary>A run that ended early and is begun again has the bits of the one that was not, from a checkpoint with indicators in
    /// it.</summary>
    [TestMethod]
    [DataRow(FeatureScaling.None)]
    [DataRow(FeatureScaling.Standard)]
    [DataRow(FeatureScaling.Robust)]
    public void Fit_CancelledAndRunAgain_IsTheRunThatWasNotStopped(FeatureScaling scaling)
    {
        TrainerCase task = TrainerCase.Multiclass;
        IDataView rows = Raw(task, Gappy(100));
        void Change(MlpTrainerOptions options) => (options.MissingValues, options.FeatureScaling, options.Epochs, options.Dropout)
            = (MissingValues.ImputeAndIndicate, scaling, 6, 0.1f);
        ITransformer plain = task.Fit(Ml, rows, Change);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fits.Fit(
            task,
            options =>
            {
                Change(options);
                options.CancellationToken = source.Token;
            },
            rows,
            onEpoch: (_, metrics) =>
            {
                if (metrics.Epoch == 3)
                {
                    source.Cancel();
                }
            }));

        ITransformer loaded = Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder);
        ITransformer resumed = _fits.Fit(task, Change, rows);

        CheckpointedFit.AssertSame(plain, resumed);
        Assert.AreEqual(6, _fits.Epochs);
        CollectionAssert.AreEqual(ScoredRows.BitsOf(plain.Transform(rows)), ScoredRows.BitsOf(resumed.Transform(rows)));
        var (before, after) = (TrainerCase.NetworkOf(plain).Network, TrainerCase.NetworkOf(loaded).Network);
        Assert.AreEqual($"{before.Spec}", $"{after.Spec}");
        foreach (var (one, other) in before.Preparation!.Stored.Zip(after.Preparation!.Stored))
        {
            CollectionAssert.AreEqual(one.Values, other.Values, one.Name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CrossValidate_OfGaps_LearnsInEveryFold(TrainerCase task)
    {
        Sample[] rows = Gappy(300);
        double[] folds = task.CrossValidate(Ml, Ml.Data.LoadFromEnumerable(rows), Pipeline(task, FeatureScaling.Robust));

        // A fifth of b, which is worth 2 of 3a − 2b + c, is missing; of the third target, d · b, more than a quarter of the rows.
        Assert.IsGreaterThan(task == TrainerCase.SeveralTargets ? 0.2 : 0.5, folds.Min(), string.Join(' ', folds));
    }

    /// <summary>What is permuted is a slot with its gaps; there are as many entries as slots that a caller gives.</summary>
    [TestMethod]
    public void PermutationFeatureImportance_OfGaps_HasAnEntryASlot()
    {
        IDataView data = Raw(TrainerCase.Regression, InThousands(300));
        var model = (NetworkRegressionTransformer)TrainerCase.Regression.Fit(Ml, data, options =>
            (options.MissingValues, options.FeatureScaling) = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust));

        var slots = Ml.Regression.PermutationFeatureImportance(
            (ISingleFeaturePredictionTransformer<NetworkRegressionModelParameters>)model, model.Transform(data), permutationCount: 2);

        Assert.IsGreaterThan(0.6, Ml.Regression.Evaluate(model.Transform(data)).RSquared);
        Assert.HasCount(Sample.FeatureCount, slots);
        Assert.IsLessThan(-0.5, slots[0].RSquared.Mean);
        Assert.IsLessThan(-0.1, slots[1].RSquared.Mean);
    }

    /// <summary>Each of the networks has its own.</summary>
    [TestMethod]
    public void OneVersusAll_OfGaps_LearnsAndLoads()
    {
        IDataView data = Raw(TrainerCase.Multiclass, InThousands(300));
        var trainer = Ml.MixedPrecision().Trainers.MlpBinary((MlpBinaryTrainer.Options)TrainerCase.Binary.Options(
            options => (options.MissingValues, options.FeatureScaling) = (MissingValues.ImputeAndIndicate, FeatureScaling.Robust)));
        ITransformer model = Ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(data);

        Assert.IsGreaterThan(0.75, Ml.MulticlassClassification.Evaluate(model.Transform(data)).MicroAccuracy);
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(model.Transform(data)),
            ScoredRows.BitsOf(Models.Load(Models.Save(model, data.Schema)).Transform(data)));
    }

    private const int InfiniteRow = 41;

    private static void Enqueue(ConcurrentQueue<string> warnings, LoggingEventArgs e)
    {
        if (e.Kind == ChannelMessageKind.Warning)
        {
            warnings.Enqueue(e.Message);
        }
    }

    private static EstimatorChain<ITransformer> Pipeline(TrainerCase task, FeatureScaling scaling)
        => task.Labelling(Ml).Append(task.Trainer(Ml, task.Options(
            options => (options.MissingValues, options.FeatureScaling) = (MissingValues.ImputeAndIndicate, scaling))));

    /// <summary>Rows of moderate features, so that they can be learned from unscaled: of b, about 1, a fifth is missing, of d a
    /// tenth.</summary>
    private static Sample[] Gappy(int count, int seed = 1)
    {
        Sample[] rows = Sample.Rows(count, seed);
        var random = new Random(seed + 100);
        foreach (Sample row in rows)
        {
            row.Features = [
                row.Features[0],
                random.Next(5) == 0 ? float.NaN : (row.Features[1] - 50) / 10,
                10 * row.Features[2],
                random.Next(10) == 0 ? float.NaN : row.Features[3] / 100];
        }

        return rows;
    }

    /// <summary>The same, a in thousands: of no use to a network that is given it as it is.</summary>
    private static Sample[] InThousands(int count)
    {
        Sample[] rows = Gappy(count);
        Array.ForEach(rows, row => row.Features[0] *= 1000);
        return rows;
    }

    /// <summary>Rows with gaps where training had some and where it had none, and one with an infinity beside a gap.</summary>
    private static Sample[] Unseen(int count)
    {
        Sample[] rows = Gappy(count, seed: 3);
        (rows[5].Features[0], rows[^1].Features[2]) = (float.NaN, float.NaN);
        rows[InfiniteRow].Features = [1, float.NaN, float.NegativeInfinity, 0];
        rows[12].Features = [float.NaN, float.NaN, float.NaN, float.NaN];
        return rows;
    }

    /// <summary>Rows with a label, and features as they are.</summary>
    private static IDataView Raw(TrainerCase task, Sample[] rows)
        => task.Labelling(Ml).Fit(Ml.Data.LoadFromEnumerable(Sample.Rows(400))).Transform(Ml.Data.LoadFromEnumerable(rows));

    private sealed class SparseRow
    {
        public float Label { get; set; }

        [VectorType(4)]
        public VBuffer<float> Features { get; set; }
    }
}
