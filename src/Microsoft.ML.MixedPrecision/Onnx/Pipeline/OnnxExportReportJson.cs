using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>An export's report as JSON.</summary>
internal static class OnnxExportReportJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The whole report.</summary>
    public static string Write(OnnxExportReport report) => JsonSerializer.Serialize(report, Options);

    /// <summary>The report without the file's size, which is not known before the report is in the file.</summary>
    public static string WriteWithoutSize(OnnxExportReport report)
    {
        JsonObject json = JsonSerializer.SerializeToNode(report, Options)!.AsObject();
        json.Remove(nameof(OnnxExportReport.FileBytes));
        return json.ToJsonString(new JsonSerializerOptions(Options) { WriteIndented = false });
    }
}
