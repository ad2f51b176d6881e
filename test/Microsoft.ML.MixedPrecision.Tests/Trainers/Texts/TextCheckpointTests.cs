using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>Fits of texts and of words that are cut in the middle and started again end as the fit that was not cut.</summary>
[TestClass]
public sealed class TextCheckpointTests : IDisposable
{
    /// <summary>5 steps an epoch.</summary>
    private const int Rows = 60;

    private readonly TemporaryFolder _parent = new();
    private readonly ConcurrentQueue<string> _lines = [];

    public static IEnumerable<object[]> Cases
        => from task in TextCase.All
           from how in (string[])["float32", "mixed_float16", "weights"]
           select (object[])[task[0], how];

    private string Folder => _parent.File("checkpoints");

    public void Dispose() => _parent.Dispose();

    /// <summary>Cut after 2 epochs of 4, which is step 10; the last checkpoint before is that of step 9, in the middle of an epoch in
    /// which pretrained layers are still frozen. A scale that is far too large makes Float16 skip steps, which are repeated, on both sides
    /// of the cut.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    internal void Fit_CutInTheMiddleAndRunAgain_HasTheBitsOfTheFitThatWasNotCut(TextCase task, string how)
    {
        ITransformer plain = Fit(task, how);
        var enough = new InvalidOperationException("enough");
        Assert.AreSame(enough, Assert.ThrowsExactly<InvalidOperationException>(() => Fit(task, how, options =>
        {
            Checkpointed(options);
            options.MetricsCallback = (Action<TrainingMetrics>)(metrics => _ = metrics.Epoch == 2 ? throw enough : 0);
        })));
        bool skips = how == "mixed_float16";
        long step = CheckpointName.Of(CheckpointName.In(Directory.GetDirectories(Folder).Single())[0])!.Value.Attempts;
        Assert.IsTrue(skips ? step > 10 : step == 9, $"step {step}");

        ITransformer model = Fit(task, how, Checkpointed);

        Assert.Contains(line => line.Contains($"Training goes on after step {step},", StringComparison.Ordinal), _lines);
        CheckpointedFit.AssertSame(plain, model);
        TrainingResult training = TrainerCase.TrainingOf(model);
        Assert.AreEqual(20, training.Attempts - training.Skipped);
        Assert.AreEqual(skips, training.History[0].Skipped > 0 && training.History[^1].Skipped > 0);
        IDataView rows = task.Rows(new MLContext(), 20, seed: 8);
        CollectionAssert.AreEqual(Scores(plain, rows), Scores(model, rows));
    }

    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void Fit_OfAFinishedFit_GivesItsModelAtOnce(TextCase task)
    {
        ITransformer first = Fit(task, "float32", Checkpointed);

        ITransformer second = Fit(task, "float32", Checkpointed);

        Assert.Contains(line => line.Contains("its model is given at once", StringComparison.Ordinal), _lines);
        CheckpointedFit.AssertSame(first, second);
    }

    /// <summary>What a fit gives that is stopped there, texts included: it needs no rows and no trainer.</summary>
    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void LoadCheckpoint_OfACutFit_IsWhatAFitGivesThatStopsThere(TextCase task)
    {
        ITransformer stopped = Fit(task, "float32", options => options.MetricsCallback
            = (Action<TrainingMetrics>)(metrics => RunWatch.Stop(metrics.Epoch == 2, metrics)));
        using var source = new CancellationTokenSource();
        Assert.ThrowsExactly<TrainingCanceledException>(() => Fit(task, "float32", options =>
        {
            options.Checkpoint = new CheckpointOptions { Folder = Folder };
            options.CancellationToken = source.Token;
            options.MetricsCallback = (Action<TrainingMetrics>)(metrics => RunWatch.Cancel(metrics.Epoch == 2, source));
        }));

        var ml = new MLContext();
        ITransformer loaded = ml.MixedPrecision().Model.LoadCheckpoint(Folder);

        Assert.AreSame(stopped.GetType(), loaded.GetType());
        IDataView rows = task.Rows(ml, 20, seed: 8);
        CollectionAssert.AreEqual(Scores(stopped, rows), Scores(loaded, rows));
        DataViewSchema.Column? predicted = stopped.Transform(rows).Schema.GetColumnOrNull("PredictedLabel");
        Assert.AreEqual(predicted?.Type, loaded.Transform(rows).Schema.GetColumnOrNull("PredictedLabel")?.Type);
        CollectionAssert.AreEqual(Scores(loaded, rows), Scores(Models.Load(Models.Save(loaded, rows.Schema)), rows));
    }

    /// <summary>The model that a cancelled fit keeps scores texts, and is what a stop at the same epoch gives.</summary>
    [TestMethod]
    [DynamicData(nameof(TextCase.All), typeof(TextCase))]
    internal void Fit_CancelledAndKept_IsWhatAFitGivesThatStopsThere(TextCase task)
    {
        ITransformer stopped = Fit(task, "float32", options => options.MetricsCallback
            = (Action<TrainingMetrics>)(metrics => RunWatch.Stop(metrics.Epoch == 2, metrics)));
        using var source = new CancellationTokenSource();
        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => Fit(task, "float32", options =>
        {
            (options.KeepUnfinishedModel, options.CancellationToken) = (true, source.Token);
            options.MetricsCallback = (Action<TrainingMetrics>)(metrics => RunWatch.Cancel(metrics.Epoch == 2, source));
        }));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(stopped), TrainerCase.WeightsOf(error.Model!));
        IDataView rows = task.Rows(new MLContext(), 20, seed: 8);
        CollectionAssert.AreEqual(Scores(stopped, rows), Scores(error.Model!, rows));
    }

    /// <summary>The same words under other names of tags are not the fit that was there.</summary>
    [TestMethod]
    public void Fit_OfClassesOfOtherNames_IsAnotherFit()
    {
        foreach (TextCase task in (TextCase[])[TextCase.Classes, TextCase.Words])
        {
            var ml = new MLContext(seed: 1);
            string label = task == TextCase.Words ? "Tags" : "Group", folder = _parent.File(task.ToString());
            IDataView rows = task.Rows(ml, Rows);
            IDataView named = ml.Transforms.Conversion.MapKeyToValue(label)
                .Append(ml.Transforms.Text.NormalizeText(label, caseMode: TextNormalizingEstimator.CaseMode.Upper))
                .Append(ml.Transforms.Conversion.MapValueToKey(label, keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue))
                .Fit(rows)
                .Transform(rows);
            foreach (IDataView data in (IDataView[])[rows, named])
            {
                task.Fit(ml, data, options => (options.Checkpoint, options.Epochs) = (new CheckpointOptions { Folder = folder }, 1));
            }

            Assert.HasCount(2, Directory.GetDirectories(folder), $"{task}");
        }
    }

    /// <summary>Texts of the same tokens are the same fit; other texts, or another limit, are not.</summary>
    [TestMethod]
    public void Fit_OfOtherTexts_IsAnotherFit()
    {
        var ml = new MLContext(seed: 1);
        foreach ((int seed, int tokens) in ((int, int)[])[(3, 20), (4, 20), (3, 20), (3, 6)])
        {
            TextCase.Binary.Fit(ml, TextCase.Binary.Rows(ml, Rows, seed), options =>
            {
                Checkpointed(options);
                (options.MaxTokens, options.Epochs) = (tokens, 1);
            });
        }

        Assert.HasCount(3, Directory.GetDirectories(Folder));
    }

    private static float[] Scores(ITransformer model, IDataView rows)
        => [.. ScoredRows.ScoresOf(model.Transform(rows)).SelectMany(row => row)];

    private void Checkpointed(dynamic options) => options.Checkpoint = new CheckpointOptions { Folder = Folder, EverySteps = 3 };

    private ITransformer Fit(TextCase task, string how, Action<dynamic>? change = null)
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => _lines.Enqueue(e.Message);
        return task.Fit(ml, task.Rows(ml, Rows), options =>
        {
            if (how == "weights")
            {
                TextCase.FromWeights(options);
                options.FineTuning.FreezeEpochs = 2;
            }
            else if (how == "mixed_float16")
            {
                options.Precision = PrecisionPolicy.MixedFloat16;
                options.LossScaling = LossScaling.Dynamic(initialScale: 1 << 24, growthInterval: 2, maxScale: 1 << 24);
            }

            change?.Invoke(options);
        });
    }
}
