using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>What a fit of each trainer takes beside its rows, and what is heard of it.</summary>
[TestClass]
public sealed class TaskFitTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithEarlyStopping_RestoresTheWeightsOfTheBestEpoch(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60)), validation = task.Prepared(Ml, Sample.Rows(100, seed: 3));

        ITransformer stopped = task.Fit(
            Ml,
            task.Options(options => (options.Epochs, options.LearningRate, options.EarlyStoppingPatience) = (300, 0.1f, 2)),
            train,
            validation);
        TrainingResult training = TrainerCase.TrainingOf(stopped);
        int best = training.BestEpoch!.Value;
        ITransformer expected = task.Fit(Ml, task.Options(options => (options.Epochs, options.LearningRate) = (best, 0.1f)), train);

        Assert.HasCount(best + 2, training.History);
        Assert.AreEqual(training.History.Min(epoch => epoch.ValidationLoss), training.History[best - 1].ValidationLoss);
        Assert.IsTrue(training.BestWeightsRestored);
        StringAssert.Contains(training.StopReason, "2 epochs without");
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(stopped));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithValidation_MeasuresWhatTheTransformerScores(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(200)), validation = task.Prepared(Ml, Sample.Rows(150, seed: 3));

        ITransformer model = task.Fit(
            Ml,
            task.Options(options => (options.Precision, options.Epochs) = (PrecisionPolicy.MixedFloat16, 3)),
            train,
            validation);

        Assert.AreEqual(
            Loss(task, train, model.Transform(validation)),
            TrainerCase.TrainingOf(model).History[^1].ValidationLoss!.Value,
            1e-4);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithValidationFraction_KeepsRowsBack(TrainerCase task)
    {
        TrainingResult training = TrainerCase.TrainingOf(
            task.Fit(Ml, task.Prepared(Ml, Sample.Rows(200)), options => options.ValidationFraction = 0.25f));

        Assert.AreEqual(150, training.Rows);
        Assert.IsTrue(training.History.All(epoch => epoch.ValidationLoss > 0));
        Assert.AreEqual(task is not RegressionCase, training.History[^1].ValidationAccuracy is not null);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Log_OfFit_SaysDeviceAndMemory(TrainerCase task)
    {
        var ml = new MLContext(seed: 1);
        var lines = new ConcurrentQueue<string>();
        ml.Log += (_, e) => lines.Enqueue(e.Message);

        task.Fit(ml, task.Prepared(Ml, Sample.Rows(60)));

        Assert.HasCount(1, lines.Where(line => line.Contains("Device: ", StringComparison.Ordinal)).ToArray());
        Assert.IsTrue(lines.Any(line => line.Contains("Memory of the training plan, batches of 32 rows:", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Progress_OfFit_ReportsEveryEpoch(TrainerCase task)
    {
        var env = new LocalEnvironment(seed: 1);
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));
        var catalog = new MixedPrecisionTrainersCatalog(env);
        IEstimator<ITransformer> trainer = task.Options() switch
        {
            MlpMulticlassTrainer.Options options => catalog.MlpMulticlass(options),
            MlpBinaryTrainer.Options options => catalog.MlpBinary(options),
            var options => catalog.MlpRegression((MlpRegressionTrainer.Options)options),
        };

        trainer.Fit(rows);

        // What a console environment would show; the field is protected.
        var tracker = (ProgressReporting.ProgressTracker)typeof(HostEnvironmentBase<LocalEnvironment>).GetField(
            "ProgressTracker",
            BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Instance)!.GetValue(env)!;
        double?[] epochs = [
            .. tracker.GetAllProgress()
                .Where(e => e.ProgressEntry is { IsCheckpoint: true } entry && entry.Header.MetricNames.Contains("Loss"))
                .Select(e => e.ProgressEntry.Progress[0])];
        CollectionAssert.AreEqual(Enumerable.Range(1, 20).Select(epoch => (double?)epoch).ToArray(), epochs);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CancellationToken_BeforeOrDuringTraining_ThrowsOperationCanceled(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));
        using var before = new CancellationTokenSource();
        before.Cancel();
        using var during = new CancellationTokenSource();
        var context = new MLContext(seed: 1);

        Assert.ThrowsExactly<OperationCanceledException>(() => task.Fit(Ml, rows, options => options.CancellationToken = before.Token));
        Assert.ThrowsExactly<TrainingCanceledException>(() => task.Fit(Ml, rows, options =>
            (options.Epochs, options.CancellationToken, options.MetricsCallback) = (1_000_000, during.Token, _ => during.Cancel())));
        Assert.ThrowsExactly<TrainingCanceledException>(() => task.Fit(context, rows, options =>
            (options.Epochs, options.MetricsCallback) = (1_000_000, _ => context.CancelExecution())));
    }

    /// <summary>Mean loss by hand, in double: of what the network learns, and so of standardized labels.</summary>
    private static double Loss(TrainerCase task, IDataView train, IDataView scored)
    {
        float[][] scores = ScoredRows.ScoresOf(scored);
        switch (task)
        {
            case MulticlassCase:
                return scored.GetColumn<uint>("Label").Zip(scores, (label, score) => -Math.Log(score[label - 1])).Average();
            case BinaryCase:
                return scored.GetColumn<bool>("Label")
                    .Zip(scores, (label, score) => Math.Log(1 + Math.Exp(label ? -score[0] : score[0])))
                    .Average();
            default:
                float[][] known = Labels(train), labels = Labels(scored);
                return Enumerable.Range(0, known[0].Length).Average(target =>
                {
                    double mean = known.Average(label => (double)label[target]), variance = known.Average(
                        label => Math.Pow(label[target] - mean, 2));
                    return labels.Zip(scores, (label, score) => Math.Pow(label[target] - score[target], 2) / variance).Average();
                });
        }
    }

    private static float[][] Labels(IDataView rows) => rows.Schema["Label"].Type is VectorDataViewType
        ? [.. rows.GetColumn<float[]>("Label")]
        : [.. rows.GetColumn<float>("Label").Select(label => (float[])[label])];
}
