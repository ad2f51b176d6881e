using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using static Microsoft.ML.MixedPrecision.Tests.Trainers.RunWatch;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="NetworkTrainerOptions.Bags"/>: several networks, of which each validates on rows that the others train on.</summary>
[TestClass]
public sealed class BagTests
{
    private const int Rows = 300;
    private const int Bags = 3;

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly MLContext _ml = new(seed: 1);

    public BagTests() => _ml.Log += (_, e) => _lines.Enqueue(e.Message);

    public static IEnumerable<object[]> Classes => [[TrainerCase.Multiclass], [TrainerCase.Binary]];

    /// <summary>Task × what networks are made of.</summary>
    public static IEnumerable<object[]> Networks
        => from task in TrainerCase.All
           from network in Enumerable.Range(0, Changes.Length)
           select new object[] { task[0], network };

    private static Action<MlpTrainerOptions>[] Changes =>
    [
        options => options.HiddenLayers = [],
        options => (options.HiddenLayers, options.Normalization) = ([8, 8], NormalizationKind.BatchNorm),
        options => (options.HiddenLayers, options.Members, options.Residual) = ([8, 8], 3, true),
        options => (options.NumericEmbedding, options.ScaleLayer) = (NumericEmbedding.PiecewiseLinear, true),
        options => (options.Preset, options.Epochs, options.HiddenLayers) = (MlpPreset.RealMlp, 3, [8]),
        options => (options.FeatureScaling, options.MissingValues) = (FeatureScaling.Robust, MissingValues.ImputeAndIndicate),
    ];

    /// <summary>The other road: a fit of each fold, with the rows of the others to train and its own to validate, is the network in the
    /// model to the bit; the model's probabilities are the mean of theirs, and its figures those of each row's own fold.</summary>
    [TestMethod]
    [DynamicData(nameof(Classes))]
    internal void Fit_OfBags_IsTheMeanOfAFitOfEachFold(TrainerCase task)
    {
        Sample[] rows = Sample.Rows(Rows);
        IDataView data = task.Prepared(_ml, rows), unseen = task.Prepared(_ml, Sample.Rows(50, seed: 9));
        int[] labels = task == TrainerCase.Binary
            ? [.. rows.Select(row => row.Answer ? 1 : 0)]
            : [.. data.GetColumn<uint>("Label").Select(key => (int)key - 1)];
        long[] ofClass = [.. Enumerable.Range(0, labels.Max() + 1).Select(label => (long)labels.Count(row => row == label))];
        int[][] folds = Folds.Deal(Rows, Bags, seed: 1, ofClass, row => labels[row]);

        ITransformer model = task.Fit(_ml, data, Bagged);

        var means = new double[50][];
        (double loss, int right) = (0, 0);
        for (int bag = 0; bag < Bags; bag++)
        {
            int[] fold = [.. folds[bag].Order()];
            IDataView judges = task.Prepared(_ml, [.. fold.Select(row => rows[row])]);
            ITransformer single = task.Fit(
                _ml,
                task.Options(options =>
                {
                    Quick(options);
                    (options.Seed, options.Bags) = (1 + bag, 1);
                }),
                task.Prepared(_ml, [.. Enumerable.Range(0, Rows).Except(fold).Select(row => rows[row])]),
                judges);

            CollectionAssert.AreEqual(TrainerCase.WeightsOf(single), WeightsOf(model, bag), $"bag {bag}");
            double[][] probabilities = Probabilities(task, single.Transform(unseen));
            means = [.. means.Select((sum, row) => sum is null ? probabilities[row] : [.. sum.Zip(probabilities[row], (a, b) => a + b)])];
            foreach ((double[] answer, int row) in Probabilities(task, single.Transform(judges)).Zip(fold))
            {
                loss -= Math.Log(answer[labels[row]]);
                right += answer[labels[row]] >= answer.Max() ? 1 : 0;
            }
        }

        foreach ((double[] expected, double[] answer) in means.Zip(Probabilities(task, model.Transform(unseen))))
        {
            foreach ((double one, double other) in expected.Zip(answer))
            {
                // Means of probabilities as logarithms in Float32, and these back.
                Assert.AreEqual(one / Bags, other, 1e-6);
            }
        }

        TrainingResult training = TrainerCase.TrainingOf(model);
        OutOfFold figures = training.OutOfFold!;
        Assert.AreEqual((Bags, Bags - 1, (long)Rows), (training.Bags, training.EarlierRuns.Count, figures.Rows));
        // Scored probabilities are Float32, of which ln(p) is taken here.
        Assert.AreEqual(loss / Rows, figures.Loss, 1e-5);
        Assert.AreEqual((double)right / Rows, figures.Accuracy!.Value, 1e-9);
        Assert.Contains(line => line.Contains($"Mean of {Bags} bags, out-of-fold loss ", StringComparison.Ordinal), _lines);
    }

    /// <summary>Numbers are averaged in units of the label: by hand, of linear networks.</summary>
    [TestMethod]
    public void Fit_OfBagsOfNumbers_IsTheirMean()
    {
        TrainerCase task = TrainerCase.SeveralTargets;
        IDataView unseen = task.Prepared(_ml, Sample.Rows(50, seed: 9));
        ITransformer model = Fit(task, options =>
        {
            Bagged(options);
            (options.HiddenLayers, options.FeatureScaling, options.BestEpochMetric) = ([], FeatureScaling.None, BestEpochMetric.Rmse);
        });

        var parameters = TrainerCase.NetworkOf(model).Network.Parameters.ToDictionary(parameter => parameter.Name);
        float[][] features = [.. unseen.GetColumn<float[]>("Features")], scores = ScoredRows.ScoresOf(model.Transform(unseen));
        for (int row = 0; row < features.Length; row++)
        {
            for (int target = 0; target < 3; target++)
            {
                double expected = Enumerable.Range(0, Bags).Average(bag =>
                {
                    float[] weights = parameters[$"bag.{bag}.output.weight"].Values;
                    return parameters[$"bag.{bag}.output.bias"].Values[target]
                        + features[row].Select((x, i) => (double)x * weights[(target * 4) + i]).Sum();
                });
                Assert.AreEqual(expected, scores[row][target], 1e-5 * Math.Max(1, Math.Abs(expected)));
            }
        }

        TrainingResult training = TrainerCase.TrainingOf(model);
        double[] squares = [.. training.EarlierRuns.Append(training).Select(
            run => Math.Pow(run.History.Single(epoch => epoch.Epoch == run.BestEpoch).ValidationRmse!.Value, 2) * run.ValidationRows)];
        Assert.AreEqual(Math.Sqrt(squares.Sum() / Rows), training.OutOfFold!.Rmse!.Value, 1e-12);
    }

    /// <summary>File, engine and ONNX agree whatever networks are made of.</summary>
    [TestMethod]
    [DynamicData(nameof(Networks))]
    internal void Model_OfBags_ScoresAlikeOnEveryRoad(TrainerCase task, int network)
    {
        ITransformer model = task.Pipeline(_ml, options =>
        {
            Bagged(options);
            options.Epochs = 3;
            Changes[network](options);
        }).Fit(_ml.Data.LoadFromEnumerable(Sample.Rows(Rows)));
        IDataView unseen = _ml.Data.LoadFromEnumerable(Sample.Rows(70, seed: 3));
        float[][] bulk = ScoredRows.Of(model.Transform(unseen));

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(loaded.Transform(unseen)));
        CollectionAssert.AreEqual(ScoredRows.BitsOf(bulk), ScoredRows.BitsOf(task.Predict(_ml, model, Sample.Rows(70, seed: 3))));
        float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));
        foreach ((NumericFormat format, double tolerance) in new[] { (NumericFormat.Float32, 1e-5), (NumericFormat.Float16, 1e-2) })
        {
            using var stream = new MemoryStream();
            OnnxExportReport report = _ml.MixedPrecision().Model.ExportToOnnx(
                model, unseen, stream, new OnnxExportOptions { Format = format });
            Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, $"{report}");
            _ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(stream.ToArray()));
        }
    }

    /// <summary>What is beyond FP16 in one network alone keeps its layer in FP32.</summary>
    [TestMethod]
    public void ExportToOnnx_WithoutRows_KnowsTheRangesOfEachBag()
    {
        ITransformer model = Fit(TrainerCase.Regression, Bagged);
        TrainingResult training = TrainerCase.TrainingOf(model);

        string[] names = [.. training.Ranges.Select(range => range.Name)];

        CollectionAssert.AllItemsAreUnique(names);
        for (int bag = 0; bag < Bags; bag++)
        {
            CollectionAssert.Contains(names, $"bag.{bag}.hidden.0.activation");
        }

        using var stream = new MemoryStream();
        OnnxExportReport report = _ml.MixedPrecision().Model.ExportNetworkToOnnx(
            model, stream, new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true });
        Assert.DoesNotContain("nothing is known", $"{report}");
    }

    [TestMethod]
    public void Observers_OfAllRuns_KnowWhichIsWhich()
    {
        var seen = new List<(int, int, long)>();
        ITransformer model = Fit(TrainerCase.Regression, options =>
        {
            Bagged(options);
            options.Observers = [new RunWatch { OfPlan = plan => seen.Add((plan.Run, plan.Runs, plan.Rows)) }];
        });

        CollectionAssert.AreEqual(new[] { (1, 3, 200L), (2, 3, 200L), (3, 3, 200L) }, seen);
        Assert.AreEqual(Rows, TrainerCase.TrainingOf(model).OutOfFold!.Rows);
    }

    /// <summary>Who stops has the networks that are done; the first one at least.</summary>
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 1)]
    [DataRow(3, 2)]
    public void Fit_StoppedInARun_IsTheMeanOfThoseBefore(int run, int expected)
    {
        ITransformer all = Fit(TrainerCase.Binary, Bagged);
        ITransformer stopped = Fit(TrainerCase.Binary, options =>
        {
            Bagged(options);
            options.Observers = [new RunWatch { OfEpoch = (at, epoch) => Stop(at == run && epoch.Epoch == 2, epoch) }];
        });

        TrainingResult training = TrainerCase.TrainingOf(stopped);
        Assert.AreEqual((expected, expected - 1), (training.Bags, training.EarlierRuns.Count));
        Assert.AreEqual(expected > 1, TrainerCase.NetworkOf(stopped).Network.IsEnsemble);
        Assert.AreEqual(expected > 1, training.OutOfFold is not null);
        if (run > 1)
        {
            CollectionAssert.AreEqual(
                WeightsOf(all, 0), expected > 1 ? WeightsOf(stopped, 0) : TrainerCase.WeightsOf(stopped));
            Assert.Contains(
                line => line.Contains($"Bag {run} of 3 was stopped: the model is the mean of the {expected} ", StringComparison.Ordinal),
                _lines);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Fit_CancelledInARun_KeepsWhatCameBefore(int run)
    {
        using var source = new CancellationTokenSource();
        var ends = new List<RunEnding>();
        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => Fit(TrainerCase.Binary, options =>
        {
            Bagged(options);
            options.CancellationToken = source.Token;
            options.Observers = [new RunWatch { OfEpoch = (at, _) => Cancel(at == run, source), OfEnd = end => ends.Add(end.Ending) }];
        }));

        Assert.AreEqual(run - 1, error.Result.EarlierRuns.Count);
        CollectionAssert.AreEqual(
            new[] { RunEnding.Finished, RunEnding.Canceled }.TakeLast(run).ToArray(), ends);
    }

    /// <summary>The network that was training is kept as a model of its own, which prepares features as all do.</summary>
    [TestMethod]
    public void Fit_CancelledInTheSecondRun_LeavesItsNetwork()
    {
        using var source = new CancellationTokenSource();
        void Change(MlpTrainerOptions options)
        {
            Bagged(options);
            (options.FeatureScaling, options.KeepUnfinishedModel) = (FeatureScaling.Robust, true);
        }

        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => Fit(TrainerCase.Binary, options =>
        {
            Change(options);
            options.CancellationToken = source.Token;
            options.Observers = [new RunWatch { OfEpoch = (at, epoch) => Cancel(at == 2 && epoch.Epoch == 2, source) }];
        }));

        Network left = TrainerCase.NetworkOf(error.Model!).Network, whole = TrainerCase.NetworkOf(Fit(TrainerCase.Binary, Change)).Network;
        Assert.IsFalse(left.IsEnsemble);
        CollectionAssert.AreEqual(whole.Scaling!.Factor.Values, left.Scaling!.Factor.Values);
        CollectionAssert.AreEqual(whole.Scaling.Shift.Values, left.Scaling.Shift.Values);
    }

    [TestMethod]
    public void Fit_OfFewerRowsThanBags_IsRefused()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => TrainerCase.Regression.Fit(
            _ml, TrainerCase.Regression.Prepared(_ml, Sample.Rows(2)), Bagged));

        StringAssert.Contains(error.Message, "Bags is 3, but there are 2 labelled rows to hold back; each bag needs one at least.");
    }

    [TestMethod]
    public void Fit_OfBagsBesideValidationRowsOrAModel_IsRefused()
    {
        TrainerCase task = TrainerCase.Regression;
        IDataView data = task.Prepared(_ml, Sample.Rows(60));
        ITransformer single = task.Fit(_ml, data), several = Fit(task, Bagged);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => task.Fit(_ml, task.Options(Bagged), data, data)).Message,
            "Bags is 3, and validation rows are given");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => task.Fit(_ml, task.Options(Bagged), data, previous: single)).Message,
            "Bags is 3, and a previous model is given");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => task.Fit(_ml, task.Options(), data, previous: several)).Message,
            "The previous model is the mean of 3 networks");
    }

    /// <summary>All runs are in the saved model, in JSON, in the line for people and in the report.</summary>
    [TestMethod]
    public void Training_OfBags_IsKeptEverywhere()
    {
        IDataView data = TrainerCase.Multiclass.Prepared(_ml, Sample.Rows(Rows));
        ITransformer model = TrainerCase.Multiclass.Fit(_ml, data, Bagged);
        TrainingResult training = TrainerCase.TrainingOf(model);

        foreach (TrainingResult read in (TrainingResult[])[
            TrainingResult.FromJson(training.ToJson()), Models.Load(Models.Save(model, data.Schema)).GetTraining()!])
        {
            Assert.AreEqual($"{training}", $"{read}");
            Assert.AreEqual(training.OutOfFold!.Loss, read.OutOfFold!.Loss);
        }

        StringAssert.StartsWith($"{training}", $"3 bags, {training.OutOfFold}; of the last loss ");
        string report = Path.Combine(Path.GetTempPath(), $"mixedprecision{Guid.NewGuid():N}.html");
        try
        {
            training.SaveReport(report);
            string page = File.ReadAllText(report);
            StringAssert.Contains(page, "Out-of-fold loss");
            StringAssert.Contains(page, "3 bags, 300 rows");
            StringAssert.Contains(page, "Run 2 of 3 came before this one");
        }
        finally
        {
            File.Delete(report);
        }
    }

    private static uint[] WeightsOf(ITransformer model, int bag)
        => [.. TrainerCase.NetworkOf(model).Network.Parameters
            .Where(parameter => parameter.Name.StartsWith(Bagging.PrefixOf(bag), StringComparison.Ordinal))
            .SelectMany(parameter => Scores.BitsOf(parameter.Values))];

    private static double[][] Probabilities(TrainerCase task, IDataView scored)
        => task == TrainerCase.Binary
            ? [.. scored.GetColumn<float>("Probability").Select(yes => (double[])[1.0 - yes, yes])]
            : [.. scored.GetColumn<float[]>("Score").Select(row => Array.ConvertAll(row, value => (double)value))];

    private static void Quick(MlpTrainerOptions options)
        => (options.ValidationFraction, options.FeatureScaling, options.EarlyStoppingPatience, options.Epochs, options.Dropout)
            = (null, FeatureScaling.None, 5, 8, 0.1f);

    private static void Bagged(MlpTrainerOptions options)
    {
        Quick(options);
        options.Bags = Bags;
    }

    private ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions> change)
        => task.Fit(_ml, task.Prepared(_ml, Sample.Rows(Rows)), change);
}
