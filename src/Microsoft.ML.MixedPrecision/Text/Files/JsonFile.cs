using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A JSON file of others, an object at its top.</summary>
internal sealed class JsonFile : IDisposable
{
    private readonly JsonDocument _document;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no JSON object.</exception>
    public JsonFile(string path)
    {
        Path = path;
        try
        {
            using FileStream stream = File.OpenRead(path);
            _document = JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {e.Message} {VocabularyFile.Allowed}", e);
        }

        if (Root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"'{path}' is a JSON {Root.ValueKind}, not an object. {VocabularyFile.Allowed}");
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The object.</summary>
    public JsonElement Root => _document.RootElement;

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();
}
