using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What an export to ONNX wrote, and how close it is to the model where data was given.</summary>
public sealed class OnnxExportReport
{
    internal OnnxExportReport()
    {
    }

    /// <summary>Size of the file in bytes.</summary>
    public required long FileBytes { get; init; }

    /// <summary>What the network's products and activations are stored and computed in.</summary>
    public required NumericFormat Format { get; init; }

    /// <summary>Version of the ONNX operators.</summary>
    public required int Opset { get; init; }

    /// <summary>The file's inputs; each is named as the column it takes.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The file's outputs; each is named as its column with <c>.output</c> behind, as ML.NET names them.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Weights above 65504 in magnitude, which Float16 cannot hold, and which were set to ±65504.</summary>
    public required long SaturatedWeights { get; init; }

    /// <summary>Differences measured on the rows that were given; null if none were, or if they could not be measured.</summary>
    public OnnxVerification? Verification { get; init; }

    /// <summary>Why <see cref="Verification"/> is null; null if it is not.</summary>
    public string? NotVerified { get; init; }

    /// <summary>The report in a few lines.</summary>
    public override string ToString()
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"{FileBytes} bytes, {Format}, opset {Opset}; {string.Join(", ", Inputs)} -> {string.Join(", ", Outputs)}; {SaturatedWeights} weights saturated");
        return head + Environment.NewLine + (Verification?.ToString() ?? "not verified: " + NotVerified);
    }
}
