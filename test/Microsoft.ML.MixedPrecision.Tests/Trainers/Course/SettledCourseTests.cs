using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Epochs, batches and patience that nobody set: the documented rules, and that a fit follows and tells them.</summary>
[TestClass]
public sealed class SettledCourseTests
{
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly MLContext _ml = new(seed: 1);

    public SettledCourseTests() => _ml.Log += (_, e) => _lines.Enqueue(e.Message);

    [TestMethod]
    [DataRow(1, 64)]
    [DataRow(10_000, 64)]
    [DataRow(10_001, 128)]
    [DataRow(30_000, 128)]
    [DataRow(30_001, 256)]
    [DataRow(100_000, 256)]
    [DataRow(100_001, 512)]
    [DataRow(int.MaxValue, 512)]
    public void Of_Rows_IsTheDocumentedBatch(int rows, int batch)
    {
        Assert.AreEqual(batch, SettledCourse.Of(new MlpBinaryTrainer.Options(), rows, validates: true).BatchSize);
        Assert.AreEqual(7, SettledCourse.Of(new MlpBinaryTrainer.Options { BatchSize = 7 }, rows, validates: true).BatchSize);
    }

    [TestMethod]
    [DataRow(true, null, null, 256, 16)]
    [DataRow(false, null, null, 30, 0)]
    [DataRow(true, 0, null, 30, 0)]
    [DataRow(true, 3, null, 256, 3)]
    [DataRow(true, null, 9, 9, 16)]
    [DataRow(false, null, 400, 400, 0)]
    public void Of_WhatWasSet_LeavesItAndSettlesTheRest(
        bool validates, int? patience, int? epochs, int expectedEpochs, int expectedPatience)
    {
        var options = new MlpBinaryTrainer.Options { EarlyStoppingPatience = patience, Epochs = epochs };

        SettledCourse course = SettledCourse.Of(options, 1_000, validates);

        Assert.AreEqual((expectedEpochs, expectedPatience), (course.Epochs, course.Patience));
    }

    /// <summary>300 rows hold 30 back: 5 steps of 64 rows an epoch, until 16 epochs were no better. 150 hold none back: 3 steps, 30
    /// epochs. Progress knows how many as soon as the run is planned.</summary>
    [TestMethod]
    [DataRow(300, 270, 256, 5, "270 rows train: at most 256 epochs of batches of 64 rows, by default.")]
    [DataRow(150, 150, 30, 3, "150 rows train: 30 epochs of batches of 64 rows, by default.")]
    public void Fit_ByDefault_FollowsTheRulesAndSaysSo(int rows, int train, int epochs, int steps, string line)
    {
        RunPlanned? planned = null;
        TrainingResult training = Fit(rows, options =>
        {
            options.Observers = [new Planned(seen => planned = seen)];
            options.LearningRate = 3e-2f;
        });

        Assert.AreEqual((train, epochs, steps, 64), (planned!.Rows, planned.Epochs, planned.StepsPerEpoch, planned.StepRows));
        if (training.BestEpoch is { } best)
        {
            Assert.HasCount(best + 16, training.History);
        }
        else
        {
            Assert.HasCount(epochs, training.History);
        }

        Assert.Contains(text => text.Contains(line, StringComparison.Ordinal), _lines);
        var options = training.Environment.Options.ToDictionary();
        Assert.AreEqual(
            ($"{epochs} by default", "64 by default", "not set"), (options["Epochs"], options["BatchSize"], options["ValidationFraction"]));
    }

    [TestMethod]
    public void Fit_OfWhatWasSet_SaysNothing()
    {
        Fit(100, options => (options.Epochs, options.BatchSize) = (2, 50));

        Assert.DoesNotContain(text => text.Contains("rows train:", StringComparison.Ordinal), _lines);
    }

    /// <summary>What nobody set is no wish: going on from a model of another scaling is not worth a word.</summary>
    [TestMethod]
    public void Fit_FromAModelOfOtherPreparation_SaysNothingOfWhatWasNotSet()
    {
        IDataView data = TrainerCase.Binary.Prepared(_ml, Sample.Rows(100));
        ITransformer first = TrainerCase.Binary.Fit(_ml, data, options => options.Epochs = 1);

        ITransformer next = TrainerCase.Binary.Fit(
            _ml, new MlpBinaryTrainer.Options { HiddenLayers = [16], Activation = ActivationKind.Relu, Epochs = 1 }, data, previous: first);

        Assert.IsEmpty(TrainerCase.TrainingOf(next).Warnings);
        Assert.AreEqual(FeatureScaling.Standard, TrainerCase.NetworkOf(next).Network.Spec.Scaling);
    }

    private TrainingResult Fit(int rows, Action<MlpTrainerOptions> change)
    {
        var options = new MlpRegressionTrainer.Options { HiddenLayers = [8], Seed = 1, Device = ComputeDevice.Cpu };
        change(options);
        return TrainerCase.TrainingOf(
            TrainerCase.Regression.Fit(_ml, options, TrainerCase.Regression.Prepared(_ml, Sample.Rows(rows))));
    }

    private sealed class Planned(Action<RunPlanned> seen) : IRunObserver
    {
        public void OnPlanned(RunPlanned planned) => seen(planned);
    }
}
