using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How an exported file compares with the model it was made from, on the same rows.</summary>
/// <param name="Rows">Rows compared.</param>
/// <param name="ModelToFile">The model in ML.NET against the file in ONNX Runtime on the CPU.</param>
/// <param name="Float32ToFile">For a 16-bit file: the model exported in Float32 against the file, both in ONNX Runtime on the CPU. Null for
/// a Float32 file.</param>
/// <param name="Float32ToFloat16">
/// For a Float16 file: the model exported in Float32 against Float16 with every result, and FP16 inputs and outputs, rounded. ONNX
/// Runtime's CPU provider computes
/// Float16 in FP32 inside, so this, not <paramref name="Float32ToFile"/>, shows what hardware that computes in Float16 will give, overflow
/// included. Null for a Float32 file.
/// </param>
public sealed record OnnxVerification(
    long Rows,
    OnnxComparison ModelToFile,
    OnnxComparison? Float32ToFile,
    OnnxComparison? Float32ToFloat16)
{
    /// <summary>The comparisons, one a line.</summary>
    public override string ToString()
    {
        var lines = new List<string> { string.Create(CultureInfo.InvariantCulture, $"on {Rows} rows, model to file: {ModelToFile}") };
        if (Float32ToFile is { } file)
        {
            lines.Add($"Float32 to file: {file}");
        }

        if (Float32ToFloat16 is { } rounded)
        {
            lines.Add($"Float32 to Float16 with every result rounded: {rounded}");
        }

        return string.Join(Environment.NewLine, lines);
    }
}
