using System.Text.Json;

namespace OnnxScoring;

/// <summary>How messages speak of JSON.</summary>
internal static class Json
{
    /// <summary>What a value is, as it is written: an escape may stand for half of a character, which no text can hold.</summary>
    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"the text {Shown(element.GetRawText())}",
        JsonValueKind.Number => $"the number {Shown(element.GetRawText())}",
        _ => element.GetRawText(),
    };

    /// <summary>The beginning of a text.</summary>
    public static string Shown(string text) => text.Length <= 32 ? text : text[..32] + "…";
}
