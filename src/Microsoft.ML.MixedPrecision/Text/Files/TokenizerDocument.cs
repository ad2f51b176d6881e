using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A tokenizer as one JSON document (UTF-8): a format, a version, and the parts.</summary>
/// <param name="Format">Says what the document is.</param>
/// <param name="Version">Counts changes that older programs cannot read.</param>
/// <param name="Tokenizer">The parts.</param>
internal sealed record TokenizerDocument(string Format, int Version, TokenizerSpec Tokenizer)
{
    private const string CurrentFormat = "Microsoft.ML.MixedPrecision tokenizer";
    private const int CurrentVersion = 1;

    /// <summary>Letters of all scripts as they are: the document is no part of a page.</summary>
    private static readonly TokenizerJson Json = new(new JsonSerializerOptions(TokenizerJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Writes a document.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="spec">The parts.</param>
    public static void Write(Stream stream, TokenizerSpec spec)
        => JsonSerializer.Serialize(
            stream,
            new TokenizerDocument(CurrentFormat, CurrentVersion, spec),
            Json.TokenizerDocument);

    /// <summary>Reads a document.</summary>
    /// <param name="stream">Where to read, to its end.</param>
    /// <exception cref="InvalidDataException">It is none, of a later version, or damaged.</exception>
    public static TokenizerSpec Read(Stream stream)
    {
        using JsonDocument json = Parse(stream);
        JsonElement root = json.RootElement;
        string? format = root.ValueKind == JsonValueKind.Object && root.TryGetProperty(nameof(Format), out JsonElement text)
            && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        if (format != CurrentFormat)
        {
            throw Fault($"its format is '{format ?? "none"}', not '{CurrentFormat}'");
        }

        if (!root.TryGetProperty(nameof(Version), out JsonElement version) || version.ValueKind != JsonValueKind.Number
            || !version.TryGetInt32(out int number) || number != CurrentVersion)
        {
            throw Fault($"its version is '{version}'; this program reads version {CurrentVersion}");
        }

        try
        {
            return root.Deserialize(Json.TokenizerDocument)?.Tokenizer is { } spec && IsWhole(spec)
                ? spec
                : throw Fault("a part of it is null");
        }
        catch (JsonException e)
        {
            throw Fault(e.Message.TrimEnd('.'), e);
        }
    }

    /// <summary>JSON may say null where types do not.</summary>
    private static bool IsWhole(TokenizerSpec spec)
        => spec.Tokens is not null && spec.Special is not null && spec.Merges is not null && spec.Continuation is not null
            && spec.Tokens.All(token => token is not null) && spec.Merges.All(merge => merge is not null);

    private static JsonDocument Parse(Stream stream)
    {
        try
        {
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw Fault($"it is no JSON: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static InvalidDataException Fault(string fault, Exception? cause = null) => new(
        $"The tokenizer cannot be read: {fault}. Give a document that Tokenizer.Write of this or an earlier version wrote; vocabularies of "
            + "others are read by TextTokenizer.FromFile.",
        cause);
}
