using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>All that decides the bits of a fit, by name and as text: runs of equal entries are the same run, in whatever process.</summary>
/// <param name="Entries">Names, each once, and values; long values are given by their SHA-256.</param>
internal sealed record RunIdentity(IReadOnlyList<KeyValuePair<string, string>> Entries)
{
    /// <summary>The file that holds it beside the checkpoints, for people.</summary>
    public const string FileName = "manifest.json";

    private const int DigestDigits = 16;
    private static readonly JsonWriterOptions Readable = new() { Indented = true };

    /// <summary>What the folder of the run is called: 64 bits of the SHA-256 of all entries, in hexadecimal.</summary>
    public string Digest
        => Hash(
            string.Concat(Entries.Select(entry => $"{entry.Key.Length}:{entry.Key}{entry.Value.Length}:{entry.Value}")))[..DigestDigits];

    /// <summary>The entries as a JSON object.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in Entries)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>The reverse of <see cref="ToJson"/>.</summary>
    /// <param name="text">JSON.</param>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static RunIdentity Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return new RunIdentity(
                [.. json.RootElement.EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetString() ?? ""))]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"It is no manifest of a run: {e.Message}", e);
        }
    }

    /// <summary>What is not the same in another run, for people: <c>HiddenLayers [256, 128] there, [64] here</c>. Empty for the same
    /// run.</summary>
    /// <param name="there">The other run.</param>
    public IEnumerable<string> Differences(RunIdentity there)
    {
        var others = there.Entries.ToDictionary();
        var own = Entries.ToDictionary();
        foreach ((string name, string value) in Entries.Concat(there.Entries.Where(entry => !own.ContainsKey(entry.Key))))
        {
            string here = own.GetValueOrDefault(name, "nothing"), other = others.GetValueOrDefault(name, "nothing");
            if (here != other)
            {
                yield return IsHash(here) && IsHash(other) ? $"other {name}" : $"{name} {other} there, {here} here";
            }
        }
    }

    /// <summary>A value that is too long for an entry.</summary>
    /// <param name="text">The value.</param>
    public static string HashOf(string text) => $"SHA-256 {Hash(text)}";

    private static bool IsHash(string value) => value.StartsWith("SHA-256 ", StringComparison.Ordinal);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
