using Microsoft.ML.MixedPrecision.Benchmarks.Fit;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Scoring;

/// <summary>A network, exported, and everybody who scores with it.</summary>
internal sealed class ScoringContest : IDisposable
{
    private const int TrainRows = 4096;
    private const string Output = "Score.output";

    private readonly TemporaryFile _file;
    private readonly BatchedSession _session;
    private readonly NetworkMulticlassTransformer _model;
    private readonly OnnxScoringTransformer _applied;

    /// <summary>Trains for an epoch, which is enough for scores that differ, and exports.</summary>
    /// <param name="ml">Context.</param>
    /// <param name="hidden">Width of the two hidden layers.</param>
    /// <param name="rows">What will be scored.</param>
    public ScoringContest(MLContext ml, int hidden, ScoredRows rows)
    {
        Hidden = hidden;
        _model = ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
        {
            HiddenLayers = [hidden, hidden],
            BatchSize = 256,
            Epochs = 1,
            // As in the runs that were recorded before.
            FeatureScaling = FeatureScaling.Standard,
            MissingValues = MissingValues.Reject,
            Activation = ActivationKind.Relu,
            Device = ComputeDevice.Cpu,
        }).Fit(ml.Data.TakeRows(rows.View, TrainRows));
        _model.ScoringDevice = ComputeDevice.Cpu;
        _file = new TemporaryFile(Path.GetTempPath());
        ml.MixedPrecision().Model.ExportToOnnx(_model, rows.View.Schema, _file.Name, new OnnxExportOptions { OutputColumns = ["Score"] });
        _session = new BatchedSession(_file.Name, nameof(TableRow.Features), Output);
        ITransformer applied = ml.Transforms.ApplyOnnxModel([Output], [nameof(TableRow.Features)], _file.Name).Fit(rows.View);
        _applied = ml.MixedPrecision()
            .Transforms.ApplyOnnxModel(_file.Name, new OnnxScoringEstimator.Options { Device = ComputeDevice.Cpu })
            .Fit(rows.View);
        Contenders =
        [
            new("mixedprecision_transform", scores => ScoredRows.Read(_model.Transform(rows.View), "Score", scores)),
            new("onnxruntime_batches_of_array", scores => _session.FromArray(rows, scores)),
            new("onnxruntime_batches_of_view", scores => _session.FromView(rows, scores)),
            new("mixedprecision_apply_onnx", scores => ScoredRows.Read(_applied.Transform(rows.View), Output, scores)),
            new("mlnet_onnx_transformer", scores => ScoredRows.Read(applied.Transform(rows.View), "Score", scores)),
        ];
    }

    /// <summary>Width of the two hidden layers.</summary>
    public int Hidden { get; }

    /// <summary>Who scores; ours first.</summary>
    public IReadOnlyList<ScoringContender> Contenders { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _applied.Dispose();
        _session.Dispose();
        _model.Dispose();
        _file.Dispose();
    }
}

/// <summary>A way to score.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Run">Scores all rows into an array of (rows, classes).</param>
internal sealed record ScoringContender(string Name, Action<float[]> Run);
