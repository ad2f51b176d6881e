using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>An export's report as JSON.</summary>
internal static class OnnxExportReportJson
{
    /// <summary>On one line, letters of every script as they are.</summary>
    private static readonly OnnxExportReportContext Line = new(new JsonSerializerOptions(OnnxExportReportContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private static readonly OnnxExportReportContext Indented = new(new JsonSerializerOptions(Line.Options) { WriteIndented = true });

    /// <summary>The whole report.</summary>
    public static string Write(OnnxExportReport report) => JsonSerializer.Serialize(report, Indented.OnnxExportReport);

    /// <summary>The report without the file's size, which is not known before the report is in the file.</summary>
    public static string WriteWithoutSize(OnnxExportReport report)
    {
        JsonObject json = JsonSerializer.SerializeToNode(report, Line.OnnxExportReport)!.AsObject();
        json.Remove(nameof(OnnxExportReport.FileBytes));
        return json.ToJsonString(Line.Options);
    }
}
