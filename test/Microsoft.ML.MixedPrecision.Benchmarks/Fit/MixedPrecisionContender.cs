using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>Our multilayer perceptron, 100-512-512-10 in batches of 1024.</summary>
/// <param name="policy">Formats.</param>
/// <param name="device">Where.</param>
/// <param name="epochs">Epochs.</param>
internal sealed class MixedPrecisionContender(PrecisionPolicy policy, ComputeDevice device, int epochs) : Contender
{
    private const int BatchSize = 1024;
    private static readonly int[] HiddenLayers = [512, 512];

    /// <inheritdoc/>
    protected override int Passes => epochs;

    /// <inheritdoc/>
    public override void Describe(JsonObject line)
    {
        line["system"] = "mixedprecision";
        line["mode"] = Runs.Mode(policy);
        line["policy"] = policy.ToString();
        line["device"] = device.ToString();
        line["epochs"] = epochs;
    }

    /// <inheritdoc/>
    protected override IEstimator<ITransformer> Trainer(MLContext ml)
        => (IEstimator<ITransformer>)ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
        {
            HiddenLayers = HiddenLayers,
            // As in the runs that were recorded before.
            FeatureScaling = FeatureScaling.Standard,
            MissingValues = MissingValues.Reject,
            Activation = ActivationKind.Relu,
            BatchSize = BatchSize,
            Epochs = epochs,
            Precision = policy,
            Device = device,
        });

    /// <inheritdoc/>
    protected override void Explain(JsonObject line, ITransformer model, double milliseconds)
    {
        TrainingResult training = ((NetworkMulticlassTransformer)model).Training!;
        if (training.RowsWithoutLabel > 0)
        {
            throw new InvalidDataException($"{training.RowsWithoutLabel} rows were left out, since ML.NET read no label; all rows have "
                + $"one. The measurement is void.");
        }

        TrainingTimings timings = training.Timings;
        TimeSpan known = timings.Reading + timings.Staging + timings.Training;
        line["reading_ms"] = Math.Round(timings.Reading.TotalMilliseconds, 2);
        line["staging_ms"] = Math.Round(timings.Staging.TotalMilliseconds, 2);
        line["training_ms"] = Math.Round(timings.Training.TotalMilliseconds, 2);
        line["other_ms"] = Math.Round(milliseconds - known.TotalMilliseconds, 2);
        line["training_rows_s"] = Math.Round(training.RowsPerSecond);
        line["device_name"] = training.Device;
        line["memory_mib"] = Math.Round(training.Memory.Total / (double)(1 << 20), 1);
        line["skipped"] = training.Skipped;
    }
}
