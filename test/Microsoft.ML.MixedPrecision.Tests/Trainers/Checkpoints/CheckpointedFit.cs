using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Tests.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>Fits with checkpoints in a folder that is gone after the test.</summary>
internal sealed class CheckpointedFit : IDisposable
{
    private static readonly MLContext Ml = new(seed: 1);
    private readonly TemporaryFolder _parent = new();

    /// <summary>The folder.</summary>
    public string Folder => _parent.File("checkpoints");

    /// <summary>What the logs of all fits have said.</summary>
    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>Epochs that ended, in all fits.</summary>
    public int Epochs { get; private set; }

    /// <summary>The folders of fits.</summary>
    public string[] Runs => Directory.Exists(Folder) ? [.. Directory.GetDirectories(Folder).Order(StringComparer.Ordinal)] : [];

    /// <summary>The checkpoints of the only fit, the newest first.</summary>
    public IReadOnlyList<string> Files => MixedPrecision.Files.CheckpointName.In(Runs.Single());

    /// <summary>Rows to train on.</summary>
    public static IDataView Rows(TrainerCase task, int count = 100, int seed = 1) => task.Prepared(Ml, Sample.Rows(count, seed));

    /// <summary>Trains in a context of its own.</summary>
    /// <param name="task">The trainer.</param>
    /// <param name="change">Changes options.</param>
    /// <param name="rows">Rows; null for the usual.</param>
    /// <param name="checkpoint">Changes the options of checkpoints.</param>
    /// <param name="onEpoch">Called after each epoch.</param>
    public ITransformer Fit(
        TrainerCase task,
        Action<MlpTrainerOptions>? change = null,
        IDataView? rows = null,
        Action<CheckpointOptions>? checkpoint = null,
        Action<MLContext, TrainingMetrics>? onEpoch = null)
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => Log.Enqueue(e.Message);
        MlpTrainerOptions options = Options(task, change);
        options.Checkpoint = new CheckpointOptions { Folder = Folder };
        checkpoint?.Invoke(options.Checkpoint);
        options.MetricsCallback = metrics =>
        {
            Epochs++;
            onEpoch?.Invoke(ml, metrics);
        };
        return task.Fit(ml, options, rows ?? Rows(task));
    }

    /// <summary>The same training without checkpoints.</summary>
    public static ITransformer FitPlain(TrainerCase task, Action<MlpTrainerOptions>? change = null, Action<TrainingMetrics>? onEpoch = null)
    {
        MlpTrainerOptions options = Options(task, change);
        options.MetricsCallback = onEpoch;
        return task.Fit(new MLContext(seed: 1), options, Rows(task));
    }

    /// <summary>Whether the logs have a line with all of these.</summary>
    public bool Said(params string[] parts) => Log.Any(line => parts.All(part => line.Contains(part, StringComparison.Ordinal)));

    /// <summary>Asserts that a model has the weights, the history and the warnings of another, times aside.</summary>
    public static void AssertSame(ITransformer expected, ITransformer actual)
    {
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(actual));
        CollectionAssert.AreEqual(Course(expected), Course(actual));
    }

    /// <summary>What happened in training, line by line, without times and without how it was asked for.</summary>
    public static string[] Course(ITransformer model)
        => [.. FilledResult.Lines(TrainerCase.TrainingOf(model)).Where(line => !line.Contains("RowsPerSecond", StringComparison.Ordinal)
            && !line.StartsWith(".Timings", StringComparison.Ordinal) && !line.StartsWith(".Environment", StringComparison.Ordinal))];

    public void Dispose() => _parent.Dispose();

    private static MlpTrainerOptions Options(TrainerCase task, Action<MlpTrainerOptions>? change)
    {
        MlpTrainerOptions options = task.Options();
        (options.Epochs, options.Dropout) = (6, 0.1f);
        change?.Invoke(options);
        return options;
    }
}
