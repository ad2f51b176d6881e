using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What goes into a fit, beside the rows themselves, and what is heard of it.</summary>
[TestClass]
public sealed class MlpFitTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Prepared(Blob.Rows(400));
    private static readonly IDataView Validation = Prepared(Blob.Rows(200, seed: 3));

    [TestMethod]
    public void Fit_WithValidationSet_MeasuresItEveryEpoch()
    {
        TrainingResult byOption = Trainer(options => options.ValidationSet = Validation).Fit(Train).Training!;
        TrainingResult byArgument = Trainer().Fit(Train, Validation).Training!;

        Assert.IsTrue(byOption.History.All(epoch => epoch.ValidationLoss > 0 && epoch.ValidationAccuracy > 0));
        CollectionAssert.AreEqual(
            byOption.History.Select(epoch => epoch.ValidationLoss).ToArray(),
            byArgument.History.Select(epoch => epoch.ValidationLoss).ToArray());
        Assert.AreEqual(400, byOption.Rows);
    }

    [TestMethod]
    public void Fit_WithValidationSet_MeasuresWhatTheTransformerScores()
    {
        NetworkMulticlassTransformer model = Trainer(options => options.Precision = PrecisionPolicy.MixedFloat16).Fit(Train, Validation);

        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(model.Transform(Validation));

        Assert.AreEqual(metrics.MicroAccuracy, model.Training!.History[^1].ValidationAccuracy!.Value, 1e-12);
        Assert.AreEqual(metrics.LogLoss, model.Training.History[^1].ValidationLoss!.Value, 1e-5);
    }

    [TestMethod]
    public void Fit_WithValidationFraction_KeepsRowsBack()
    {
        TrainingResult training = Trainer(options => options.ValidationFraction = 0.25f).Fit(Train).Training!;

        Assert.AreEqual(300, training.Rows);
        Assert.IsNotNull(training.History[^1].ValidationLoss);
    }

    [TestMethod]
    public void Fit_WithEarlyStopping_EndsBeforeAllEpochs()
    {
        TrainingResult training = Trainer(options =>
        {
            options.Epochs = 200;
            options.LearningRate = 0.1f;
            options.EarlyStoppingPatience = 2;
        }).Fit(Train, Validation).Training!;

        Assert.IsLessThan(200, training.History.Count);
        Assert.AreEqual(training.History.Count - 2, training.BestEpoch);
    }

    [TestMethod]
    public void Fit_WithEarlyStoppingButNoValidation_Refuses()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Trainer(options => options.EarlyStoppingPatience = 2).Fit(Train));

        StringAssert.Contains(error.Message, "ValidationFraction");
    }

    [TestMethod]
    public void Fit_WithTwoValidations_Refuses()
    {
        Assert.ThrowsExactly<ArgumentException>(() => Trainer(options => options.ValidationSet = Validation).Fit(Train, Validation));
        Assert.ThrowsExactly<ArgumentException>(() => Trainer(options => options.ValidationFraction = 0.5f).Fit(Train, Validation));
    }

    [TestMethod]
    public void Fit_WhenTheCallbackRequestsAStop_EndsAfterThatEpoch()
    {
        TrainingResult training = Trainer(options => options.MetricsCallback = metrics =>
        {
            if (metrics.Epoch == 2)
            {
                metrics.RequestStop();
            }
        }).Fit(Train).Training!;

        Assert.HasCount(2, training.History);
    }

    [TestMethod]
    public void Fit_WithSparseFeatures_EqualsDense()
    {
        IDataView sparse = Ml.Data.LoadFromEnumerable(OneHot.Rows());
        var key = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Append(
            Ml.Transforms.Categorical.OneHotEncoding("Features", "Word"));
        IDataView keyed = key.Fit(sparse).Transform(sparse);
        Assert.IsFalse(keyed.GetColumn<VBuffer<float>>("Features").First().IsDense, "the rows must be sparse for this test to mean "
            + "anything");
        float[][] vectors = [.. keyed.GetColumn<float[]>("Features")];
        IDataView dense = Ml.Data.LoadFromEnumerable(
            vectors.Zip(OneHot.Rows(), (vector, row) => new Wide { Features = vector, Kind = row.Kind }),
            Wide.Schema(vectors[0].Length));

        // What is learned of features depends on how they arrive; see FeatureScaling.Standard.
        MlpMulticlassTrainer trainer = Trainer(options => options.FeatureScaling = FeatureScaling.None);
        uint[] fromSparse = Scores.BitsOf(trainer.Fit(keyed).Transform(keyed));
        IDataView denseKeyed = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(dense).Transform(dense);

        CollectionAssert.AreEqual(fromSparse, Scores.BitsOf(trainer.Fit(denseKeyed).Transform(denseKeyed)));
    }

    [TestMethod]
    public void Fit_OfUnknownRowCount_TrainsOnAllRows()
    {
        IDataView lazy = Ml.Data.LoadFromEnumerable(Blob.Rows(400).Where(row => row.Number >= 0));
        Assert.IsNull(lazy.GetRowCount());

        var model = Blob.Pipeline(Ml).Fit(lazy);

        Assert.AreEqual(400, model.OfType<NetworkMulticlassTransformer>().Single().Training!.Rows);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Fit_WithThreads_GivesTheSameBits(int threads)
        => CollectionAssert.AreEqual(
            Scores.BitsOf(Trainer().Fit(Train).Transform(Validation)),
            Scores.BitsOf(Trainer(options => options.NumberOfThreads = threads).Fit(Train).Transform(Validation)));

    [TestMethod]
    public void Fit_WithoutSeedAnywhere_DiffersFromRunToRun()
    {
        var unseeded = new MLContext();
        var trainer = unseeded.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options => options.Seed = null));

        CollectionAssert.AreNotEqual(
            Scores.BitsOf(trainer.Fit(Train).Transform(Validation)),
            Scores.BitsOf(trainer.Fit(Train).Transform(Validation)));
    }

    [TestMethod]
    public void Fit_AfterOptionsAreChanged_UsesThoseOfItsCreation()
    {
        MlpMulticlassTrainer.Options options = Blob.Options();
        var trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(options);
        options.Epochs = 1;

        Assert.HasCount(6, trainer.Fit(Train).Training!.History);
    }

    [TestMethod]
    public void Log_OfFit_SaysTheMemoryBeforeTheFirstEpoch()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        int linesBefore = -1;
        ml.Log += (_, e) =>
        {
            // ML.NET logs from any thread.
            lock (lines)
            {
                lines.Add(e.Message);
            }
        };

        NetworkMulticlassTransformer model = ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            options.Device = ComputeDevice.Cpu;
            options.MetricsCallback = _ => linesBefore = linesBefore < 0 ? lines.Count : linesBefore;
        })).Fit(Train);

        int line = lines.FindIndex(
            message => message.Contains("Memory of the training plan, batches of 32 rows:", StringComparison.Ordinal));
        Assert.IsGreaterThanOrEqualTo(0, line);
        Assert.IsLessThan(linesBefore, line);
        StringAssert.Contains(lines[line], "activations");
        Assert.AreEqual(model.Training!.Memory.Masters, model.Training.Memory.Gradients);
    }

    [TestMethod]
    public void Log_OfFit_SaysDeviceAndReasonOnce()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, e) =>
        {
            // ML.NET logs from any thread.
            lock (lines)
            {
                lines.Add(e.Message);
            }
        };

        ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()).Fit(Train);

        Assert.HasCount(1, lines.Where(line => line.Contains("Device: ", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    public void CancellationToken_BeforeOrDuringTraining_ThrowsOperationCanceled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var later = new CancellationTokenSource();

        Assert.ThrowsExactly<OperationCanceledException>(() => Trainer(options => options.CancellationToken = cancelled.Token).Fit(Train));
        Assert.ThrowsExactly<TrainingCanceledException>(() => Trainer(options =>
        {
            options.Epochs = 1_000_000;
            options.CancellationToken = later.Token;
            options.MetricsCallback = metrics => CancelAfterTwo(metrics, later.Cancel);
        }).Fit(Train));
    }

    [TestMethod]
    public void CancelExecution_OfContext_ThrowsOperationCanceled()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            options.Epochs = 1_000_000;
            options.MetricsCallback = metrics => CancelAfterTwo(metrics, ml.CancelExecution);
        }));

        Assert.ThrowsExactly<TrainingCanceledException>(() => trainer.Fit(Train));
    }

    [TestMethod]
    public void CancellationToken_WhileRowsAreRead_StopsReading()
    {
        using var source = new CancellationTokenSource();
        int read = 0;
        IEnumerable<Blob> rows = Blob.Rows(20_000).Select(row =>
        {
            if (++read == 5000)
            {
                source.Cancel();
            }

            return row;
        });
        var key = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(Ml.Data.LoadFromEnumerable(Blob.Rows(50)));
        IDataView lazy = key.Transform(Ml.Data.LoadFromEnumerable(rows));

        Assert.ThrowsExactly<OperationCanceledException>(() => Trainer(options => options.CancellationToken = source.Token).Fit(lazy));
        Assert.IsLessThan(20_000, read);
    }

    [TestMethod]
    public void Fit_WithValidationKeysInAnotherOrder_NamesTheClasses()
    {
        IDataView train = Keys("a", "b", "c");

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Trainer().Fit(train, Keys("a", "c", "b")));

        foreach (string part in (string[])["'Label'", "key 2 ('c')", "key 2 ('b')", "same fitted transformers"])
        {
            StringAssert.Contains(error.Message, part);
        }

        Trainer().Fit(train, Keys("a", "b", "c"));
    }

    [TestMethod]
    public void Fit_WithValidationKeysOfOtherNumbers_Refuses()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(2));
        IDataView others = Ml.Data.LoadFromEnumerable(Blob.Rows(3).Skip(1));
        var keys = Ml.Transforms.Conversion.MapValueToKey("Label", "Number");

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Trainer().Fit(keys.Fit(rows).Transform(rows), keys.Fit(others).Transform(others)));
    }

    [TestMethod]
    public void Fit_CancelledInTheLastCallback_Cancels()
    {
        using var source = new CancellationTokenSource();

        Assert.ThrowsExactly<TrainingCanceledException>(() => Trainer(options =>
        {
            options.CancellationToken = source.Token;
            options.MetricsCallback = metrics =>
            {
                if (metrics.Epoch == metrics.Epochs)
                {
                    source.Cancel();
                }
            };
        }).Fit(Train));
    }

    [TestMethod]
    public void Fit_ThatDiverges_WarnsThatTheLastEpochWasSkipped()
    {
        TrainingResult training = Trainer(options => (options.LearningRate, options.Precision) = (1e38f, PrecisionPolicy.MixedFloat16))
            .Fit(Train)
            .Training!;

        Assert.IsGreaterThan(0, training.Steps);
        Assert.AreEqual(training.History[^1].Attempts.Count, training.History[^1].Skipped);
        Assert.IsTrue(training.Warnings.Any(line => line.Contains("last epoch was skipped", StringComparison.Ordinal)));
    }

    private static IDataView Keys(params string[] kinds)
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(60).Select((row, i) => { row.Kind = kinds[i % kinds.Length]; return row; }));
        return Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows);
    }

    private static void CancelAfterTwo(TrainingMetrics metrics, Action cancel)
    {
        Assert.IsLessThan(4, metrics.Epoch, "training went on after it was cancelled");
        if (metrics.Epoch == 2)
        {
            cancel();
        }
    }

    private static IDataView Prepared(Blob[] rows)
        => Blob.Preparation(Ml).Fit(Ml.Data.LoadFromEnumerable(Blob.Rows(400))).Transform(Ml.Data.LoadFromEnumerable(rows));

    private static MlpMulticlassTrainer Trainer(Action<MlpMulticlassTrainer.Options>? change = null)
        => Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(change));

    private sealed class OneHot
    {
        public string Kind { get; set; } = "";

        public string Word { get; set; } = "";

        public static OneHot[] Rows()
            => [.. Enumerable.Range(0, 200).Select(i => new OneHot { Kind = Blob.Kinds[i % 3], Word = $"word {i % 24}" })];
    }

    private sealed class Wide
    {
        public string Kind { get; set; } = "";

        public float[] Features { get; set; } = [];

        public static SchemaDefinition Schema(int size)
        {
            SchemaDefinition schema = SchemaDefinition.Create(typeof(Wide));
            schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, size);
            return schema;
        }
    }
}
