using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;
using Microsoft.ML.MixedPrecision.Benchmarks.Scoring;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Service;

/// <summary>A network 100-N-N-10 as an FP16 file, and requests of one row with the scores they must get.</summary>
internal sealed class ServiceModel : IDisposable
{
    private const int TrainRows = 4096;
    private const int RequestRows = 1024;

    private readonly TemporaryFile _file = new(System.IO.Path.GetTempPath());
    private readonly float[] _scores = new float[RequestRows * Teacher.Classes];

    /// <summary>Trains for an epoch, which is enough for scores that differ, and exports.</summary>
    /// <param name="ml">Context.</param>
    /// <param name="hidden">Width of the two hidden layers.</param>
    public ServiceModel(MLContext ml, int hidden)
    {
        Work = $"service_{Teacher.Features}-{hidden}-{hidden}-{Teacher.Classes}";
        var rows = new ScoredRows(ml, TrainRows);
        using NetworkMulticlassTransformer model = ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
        {
            HiddenLayers = [hidden, hidden],
            BatchSize = 256,
            Epochs = 1,
            // As in the runs that were recorded before.
            FeatureScaling = FeatureScaling.Standard,
            MissingValues = MissingValues.Reject,
            Activation = ActivationKind.Relu,
            Device = ComputeDevice.Cpu,
        }).Fit(rows.View);
        model.ScoringDevice = ComputeDevice.Cpu;
        ml.MixedPrecision().Model.ExportToOnnx(
            model,
            rows.View.Schema,
            _file.Name,
            new OnnxExportOptions { Format = NumericFormat.Float16, OutputColumns = [Score] });
        ScoredRows.Read(model.Transform(ml.Data.TakeRows(rows.View, RequestRows)), Score, _scores);
        Bodies = [.. rows.Features.Chunk(Teacher.Features).Take(RequestRows).Select(Body)];
    }

    /// <summary>Name of the column of scores, and of the field of an answer.</summary>
    public const string Score = "Score";

    /// <summary>What is measured, by name.</summary>
    public string Work { get; }

    /// <summary>The file.</summary>
    public string Path => _file.Name;

    /// <summary>Bodies of requests, one row each.</summary>
    public IReadOnlyList<byte[]> Bodies { get; }

    /// <summary>What ML.NET's model gives for the row of a request.</summary>
    public ReadOnlySpan<float> Expected(int request) => _scores.AsSpan(request * Teacher.Classes, Teacher.Classes);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static byte[] Body(float[] row)
        => Encoding.UTF8.GetBytes(
            $"{{\"{nameof(TableRow.Features)}\":["
                + $"{string.Join(',', row.Select(feature => feature.ToString(CultureInfo.InvariantCulture)))}]}}");
}
