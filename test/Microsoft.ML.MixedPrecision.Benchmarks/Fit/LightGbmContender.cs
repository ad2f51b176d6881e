using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>ML.NET's LightGBM with its default settings: 100 iterations, all cores.</summary>
/// <param name="mostRows">Rows of a table at most.</param>
internal sealed class LightGbmContender(int mostRows) : Contender
{
    /// <inheritdoc/>
    public override int MostRows => mostRows;

    /// <inheritdoc/>
    protected override int Passes => 1;

    /// <inheritdoc/>
    public override void Describe(JsonObject line)
    {
        line["system"] = "lightgbm";
        line["device"] = ComputeDevice.Cpu.ToString();
    }

    /// <inheritdoc/>
    protected override IEstimator<ITransformer> Trainer(MLContext ml) => ml.MulticlassClassification.Trainers.LightGbm();

    /// <inheritdoc/>
    protected override void Explain(JsonObject line, ITransformer model, double milliseconds)
        => line["device_name"] = $"CPU ({Environment.ProcessorCount} processors)";
}
