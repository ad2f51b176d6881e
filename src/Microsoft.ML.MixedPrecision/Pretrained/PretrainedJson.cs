using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>A JSON file beside weights, an object at its top: its members, each of the kind that it must be.</summary>
internal sealed class PretrainedJson : IDisposable
{
    private readonly JsonDocument _document;
    private readonly string _path;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public PretrainedJson(string path)
    {
        _path = path;
        try
        {
            using FileStream stream = File.OpenRead(path);
            _document = JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {e.Message} Download it again.", e);
        }

        if (_document.RootElement.ValueKind != JsonValueKind.Object)
        {
            _document.Dispose();
            throw new InvalidDataException($"'{path}' is a JSON {_document.RootElement.ValueKind}, not an object. Download it again.");
        }
    }

    /// <summary>A whole number.</summary>
    /// <param name="name">The member.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="otherwise">What it is where the member is missing; null where it must be there.</param>
    /// <exception cref="InvalidDataException">It is something else, or missing.</exception>
    public int Number(string name, int least, int? otherwise = null)
        => Find(name) is not { } value ? otherwise ?? throw Wrong(name, "missing", Wanted(least))
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least ? number
            : throw Wrong(name, value.GetRawText(), Wanted(least));

    /// <summary>A number above 0.</summary>
    /// <param name="name">The member.</param>
    /// <param name="otherwise">What it is where the member is missing.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public float Positive(string name, float otherwise)
        => Find(name) is not { } value ? otherwise
            : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number > 0 && float.IsFinite(number)
                ? number
            : throw Wrong(name, value.GetRawText(), "a number above 0");

    /// <summary>A text.</summary>
    /// <param name="name">The member.</param>
    /// <param name="otherwise">What it is where the member is missing; null where it must be there.</param>
    /// <exception cref="InvalidDataException">It is something else, or missing.</exception>
    public string Text(string name, string? otherwise = null)
        => Find(name) is not { } value ? otherwise ?? throw Wrong(name, "missing", "a text")
            : value.ValueKind == JsonValueKind.String ? value.GetString()!
            : throw Wrong(name, value.GetRawText(), "a text");

    /// <summary>Texts by name.</summary>
    /// <param name="name">The member, an object.</param>
    /// <exception cref="InvalidDataException">It is something else, or missing.</exception>
    public IReadOnlyDictionary<string, string> Texts(string name)
        => Find(name) is { ValueKind: JsonValueKind.Object } value
            && value.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.String)
            ? value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!, StringComparer.Ordinal)
            : throw Wrong(name, Find(name)?.ValueKind.ToString() ?? "missing", "an object of texts");

    /// <summary>The error for a member that is none that is allowed.</summary>
    /// <param name="name">The member.</param>
    /// <param name="value">What it is.</param>
    /// <param name="allowed">What it must be.</param>
    public InvalidDataException Wrong(string name, string value, string allowed)
        => new($"'{_path}' has {name} {value}; it must be {allowed}.");

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();

    private static string Wanted(int least) => string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}");

    private JsonElement? Find(string name)
        => _document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
