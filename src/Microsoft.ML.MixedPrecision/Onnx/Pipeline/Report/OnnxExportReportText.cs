using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>An export's report as text.</summary>
internal static class OnnxExportReportText
{
    /// <summary>Writes it.</summary>
    public static string Write(OnnxExportReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{report.FileBytes} bytes{OfFloat32(report)}, {report.Format}, opset "
            + $"{report.Opset}; {string.Join(", ", report.Inputs)} -> {string.Join(", ", report.Outputs)}; {report.SaturatedWeights} "
            + $"weights saturated");
        foreach (string line in Table([["layer", "operator", "format", "in training", "on rows", "reason"], .. report.Layers.Select(Row)]))
        {
            text.AppendLine(line);
        }

        foreach (string warning in report.Warnings)
        {
            text.AppendLine("warning: " + warning);
        }

        return text.Append(report.Verification?.ToString() ?? "not verified: " + report.NotVerified).ToString();
    }

    private static string OfFloat32(OnnxExportReport report)
        => report.Float32Bytes is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $" ({(double)report.FileBytes / bytes:P0} of {bytes} in Float32)")
            : "";

    private static string[] Row(OnnxLayerReport layer)
        => [
            layer.Name,
            layer.Operator,
            Format(layer),
            Range(layer.LargestInTraining, layer.BelowNormalInTraining),
            Range(layer.LargestOnRows, layer.BelowNormalOnRows),
            layer.Reason];

    private static string Format(OnnxLayerReport layer)
        => layer.WeightFormat is { } weights && weights != layer.Format ? $"{layer.Format}, weights {weights}" : layer.Format.ToString();

    private static string Range(double? largest, double? belowNormal)
        => largest is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"≤ {largest:G3}{(belowNormal >= 0.0005 ? $", {belowNormal:P1} < 6.1e-5" : "")}");

    private static IEnumerable<string> Table(string[][] rows)
    {
        if (rows.Length == 1)
        {
            return [];
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        return rows.Select(row => "  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
