namespace Microsoft.ML.MixedPrecision;

/// <summary>What an export to ONNX wrote, and how close it is to the model where data was given. As text: <see cref="ToString"/>; as JSON:
/// <see cref="ToJson"/>.</summary>
public sealed class OnnxExportReport
{
    internal OnnxExportReport()
    {
    }

    /// <summary>Size of the file in bytes, its metadata and this report among them included.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Size in bytes of the file that the same export makes in Float32, on the same rows; null if <see cref="Format"/> is
    /// Float32.</summary>
    public long? Float32Bytes { get; init; }

    /// <summary>What was asked for: what the network's products and activations are stored and, but for BFloat16, computed in.</summary>
    public required NumericFormat Format { get; init; }

    /// <summary>Version of the ONNX operators.</summary>
    public required int Opset { get; init; }

    /// <summary>The file's inputs; each is named as the column it takes.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The file's outputs; each is named as its column with <c>.output</c> behind, as ML.NET names them.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Weights beyond the largest value of their 16-bit format, which were set to that.</summary>
    public required long SaturatedWeights { get; init; }

    /// <summary>The layers of the networks, each with its format and the reason for it.</summary>
    public required IReadOnlyList<OnnxLayerReport> Layers { get; init; }

    /// <summary>What deserves attention, also written to ML.NET's log.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Differences measured on the rows that were given; null if none were, or if they could not be measured.</summary>
    public OnnxVerification? Verification { get; init; }

    /// <summary>Why <see cref="Verification"/> is null; null if it is not.</summary>
    public string? NotVerified { get; init; }

    /// <summary>The report as a JSON object with the names of the properties; infinities are strings.</summary>
    public string ToJson() => Onnx.Pipeline.OnnxExportReportJson.Write(this);

    /// <summary>The report in some lines, with a table of the layers.</summary>
    public override string ToString() => Onnx.Pipeline.OnnxExportReportText.Write(this);
}
