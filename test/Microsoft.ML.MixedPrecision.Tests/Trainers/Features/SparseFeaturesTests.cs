using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="MlpTrainerOptions.SparseFeatures"/>, from training to every way to score.</summary>
[TestClass]
public sealed class SparseFeaturesTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Label's column × policy.</summary>
    public static IEnumerable<object[]> Policies
        => from label in SparseModels.Names
           from policy in new[] { "float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16" }
           select new object[] { label, policy };

    /// <summary>Label's column × format × operators.</summary>
    public static IEnumerable<object[]> Files
        => from label in SparseModels.Names
           from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
           from set in Enum.GetValues<OnnxOperatorSet>()
           select new object[] { label, format, set };

    public static IEnumerable<object[]> Labels => SparseModels.Names.Select(label => new object[] { label });

    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void Fit_OfSparseRows_LearnsByABagUnderEveryPolicy(string label, string policy)
    {
        ITransformer model = SparseModels.Fit(label, options => options.Precision = PrecisionPolicy.Parse(policy));

        // Seven in ten are of one of the three kinds.
        Assert.IsNotNull(TrainerCase.NetworkOf(model).Network.Bag);
        IDataView scored = model.Transform(SparseModels.Data(SparseRow.Rows(300, seed: 9)));
        Assert.IsGreaterThan(label == "Kind" ? 0.8 : 0.9, SparseModels.Quality(label, scored));
    }

    /// <summary>Scores are what the formula makes of the model's own weights.</summary>
    [TestMethod]
    [DynamicData(nameof(Labels))]
    public void Transform_OfSparseRows_IsTheFormula(string label)
    {
        ITransformer model = SparseModels.Fit(label);
        SparseRow[] rows = [.. SparseRow.Rows(60, seed: 4), SparseRow.Of([], []), SparseRow.Of([7, 11_999], [-3, 0.25f])];

        float[][] scores = ScoredRows.ScoresOf(model.Transform(SparseModels.Data(rows)));

        Network network = TrainerCase.NetworkOf(model).Network;
        for (int row = 0; row < rows.Length; row++)
        {
            double[] expected = SparseModels.Formula(network, rows[row].Features);
            expected = label == "Kind" ? Softmax(expected) : expected;
            for (int j = 0; j < expected.Length; j++)
            {
                Assert.AreEqual(expected[j], scores[row][j], 1e-5 * Math.Max(1, Math.Abs(expected[j])), $"row {row}, score {j}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Labels))]
    public void Model_Loaded_HasTheSameBitsRowByRowAndInBulk(string label)
    {
        ITransformer model = SparseModels.Fit(label);
        SparseRow[] rows = [.. SparseRow.Rows(2100, seed: 3), SparseRow.Of([], [])];
        uint[] bulk = ScoredRows.BitsOf(model.Transform(SparseModels.Data(rows)));

        ITransformer loaded = Models.Load(Models.Save(model, SparseModels.Data(rows).Schema));

        CollectionAssert.AreEqual(bulk, ScoredRows.BitsOf(loaded.Transform(SparseModels.Data(rows))));
        CollectionAssert.AreEqual(bulk, ScoredRows.BitsOf(SparseModels.Predict(label, loaded, rows)));
        Assert.AreEqual(5, TrainerCase.NetworkOf(loaded).Network.Spec.Version);
    }

    /// <summary>The same numbers with all their zeros are the same rows, to train on and to score.</summary>
    [TestMethod]
    public void Fit_OfDenseRowsByABag_HasTheBitsOfTheSparseOnes()
    {
        SparseRow[] rows = SparseRow.Rows(200), dense = SparseModels.Dense(rows);
        ITransformer expected = SparseModels.Fit("Kind", rows: rows);

        ITransformer model = SparseModels.Fit("Kind", options => options.SparseFeatures = SparseFeatures.EmbeddingBag, dense);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(model));
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(expected.Transform(SparseModels.Data(rows))), ScoredRows.BitsOf(model.Transform(SparseModels.Data(dense))));
    }

    [TestMethod]
    [DynamicData(nameof(Files))]
    public void ExportToOnnx_OfABag_ScoresAsTheModelDoes(string label, NumericFormat format, OnnxOperatorSet set)
    {
        ITransformer model = SparseModels.Fit(label);
        IDataView unseen = SparseModels.Data(SparseRow.Rows(100, seed: 3));
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            TrainerCase.Ours((IEnumerable<ITransformer>)model), SparseModels.Labelled(unseen, label), stream,
            new OnnxExportOptions { Format = format, OperatorSet = set });

        double tolerance = format switch { NumericFormat.Float32 => 5e-6, NumericFormat.Float16 => 6e-3, _ => 4e-2 };
        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(stream.ToArray()));
    }

    /// <summary>What validation measures is what scoring answers.</summary>
    [TestMethod]
    public void Fit_WithValidationRows_MeasuresWhatScoringAnswers()
    {
        SparseRow[] held = SparseRow.Rows(150, seed: 6);
        ITransformer labels = SparseModels.Labels("Kind").Fit(SparseModels.Data(SparseRow.Rows(400)));
        IDataView validation = labels.Transform(SparseModels.Data(held));

        ITransformer model = SparseModels.Fit("Kind", options => (options.ValidationSet, options.EarlyStoppingPatience) = (validation, 0));

        Assert.AreEqual(
            SparseModels.Quality("Kind", model.Transform(SparseModels.Data(held))),
            TrainerCase.TrainingOf(model).History[^1].ValidationAccuracy!.Value,
            1e-9);
    }

    [TestMethod]
    public void CrossValidate_OfSparseRows_LearnsInEveryFold()
    {
        var folds = Ml.BinaryClassification.CrossValidateNonCalibrated(
            SparseModels.Data(SparseRow.Rows(400)), SparseModels.Pipeline("Answer"), numberOfFolds: 3);

        Assert.IsTrue(folds.All(fold => fold.Metrics.Accuracy > 0.9), string.Join(' ', folds.Select(fold => fold.Metrics.Accuracy)));
    }

    /// <summary>Plans beside that of the training: a step that measures the scale, and the look at a gradient that is lost under a tiny
    /// one.</summary>
    [TestMethod]
    public void Fit_OfSparseRowsWithScaleMeasuredOrTooSmall_IsTold()
    {
        TrainingResult Trained(LossScaling scaling) => TrainerCase.TrainingOf(SparseModels.Fit("Kind", options =>
        {
            (options.Precision, options.LossScaling) = (PrecisionPolicy.MixedFloat16, scaling);
            (options.Epochs, options.RangeProbeInterval) = (2, 1);
        }));

        Assert.IsFalse(Trained(LossScaling.Measured()).Warnings.Any(IsOfLostGradients));
        TrainingResult lost = Trained(LossScaling.Static(1f / (1 << 28)));
        Assert.IsTrue(lost.Warnings.Any(IsOfLostGradients), string.Join(Environment.NewLine, lost.Warnings));

        static bool IsOfLostGradients(string warning) => warning.Contains("the gradient in Float16 is off by", StringComparison.Ordinal);
    }

    /// <summary>It keeps its first layer, whatever is asked for.</summary>
    [TestMethod]
    public void Fit_FromAModelWithABag_GoesOn()
    {
        IDataView train = SparseModels.Labels("Answer").Fit(SparseModels.Data([])).Transform(SparseModels.Data(SparseRow.Rows(300)));
        ITransformer first = TrainerCase.Ours((IEnumerable<ITransformer>)SparseModels.Fit("Answer"));
        var options = (MlpBinaryTrainer.Options)SparseModels.Options("Answer");
        (options.Epochs, options.LearningRate, options.SparseFeatures) = (1, 1e-9f, SparseFeatures.Dense);
        var lines = new List<string>();
        var ml = new MLContext(seed: 1);
        ml.Log += (_, line) => lines.Add(line.Message);

        NetworkBinaryTransformer again = ml.MixedPrecision().Trainers.MlpBinary(options).Fit(
            train, null, (NetworkBinaryTransformer)first);

        float[][] before = ScoredRows.ScoresOf(first.Transform(train)), after = ScoredRows.ScoresOf(again.Transform(train));
        foreach ((float one, float other) in before.SelectMany(row => row).Zip(after.SelectMany(row => row)))
        {
            Assert.AreEqual(one, other, 1e-4 * Math.Max(1, Math.Abs(one)));
        }

        Assert.IsTrue(lines.Any(line => line.Contains("the previous model reads features as EmbeddingBag", StringComparison.Ordinal)));
    }

    /// <summary>A run knows its rows again by their entries: the same ones go on in its folder, others begin a new one.</summary>
    [TestMethod]
    public void LoadCheckpoint_OfAFitByABag_ScoresAsItsModel()
    {
        using var folder = new TemporaryFolder();
        SparseRow[] rows = SparseRow.Rows(150), others = [.. rows[..^1], SparseRow.Of([3, 5000], [1, 0.5f])];
        IDataView data = SparseModels.Labelled(SparseModels.Data(rows), "Kind");
        var options = (MlpMulticlassTrainer.Options)SparseModels.Options("Kind");
        (options.Epochs, options.Checkpoint) = (3, new CheckpointOptions { Folder = folder.File("checkpoints") });
        MlpMulticlassTrainer trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(options);
        NetworkMulticlassTransformer model = trainer.Fit(data);

        ITransformer loaded = Ml.MixedPrecision().Model.LoadCheckpoint(folder.File("checkpoints"));
        uint[] again = TrainerCase.WeightsOf(trainer.Fit(data));
        int runs = Directory.GetDirectories(folder.File("checkpoints")).Length;
        trainer.Fit(SparseModels.Labelled(SparseModels.Data(others), "Kind"));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(model.Transform(data)), ScoredRows.BitsOf(loaded.Transform(data)));
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(model), again);
        Assert.AreEqual((1, 2), (runs, Directory.GetDirectories(folder.File("checkpoints")).Length));
    }

    private static double[] Softmax(double[] logits)
    {
        double sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }
}
