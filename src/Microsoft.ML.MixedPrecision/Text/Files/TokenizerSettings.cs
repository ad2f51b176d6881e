using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>What Hugging Face's <c>tokenizer_config.json</c> says of a vocabulary that does not say it itself; null where it is
/// silent.</summary>
/// <param name="LowerCase">Texts are read in lower case.</param>
/// <param name="StripAccents">Accents are left out.</param>
/// <param name="SplitIdeographs">Each ideograph is a word.</param>
/// <param name="AddSpace">Byte pairs put a space before a text.</param>
internal sealed record TokenizerSettings(bool? LowerCase, bool? StripAccents, bool? SplitIdeographs, bool? AddSpace)
{
    private const string FileName = "tokenizer_config.json";

    /// <summary>Reads the settings of a folder.</summary>
    /// <param name="folder">The folder; it may have none.</param>
    /// <exception cref="InvalidDataException">The file is no JSON object.</exception>
    public static TokenizerSettings Of(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new(null, null, null, null);
        }

        using var file = new JsonFile(path);
        return new(
            Flag(file.Root, "do_lower_case"),
            Flag(file.Root, "strip_accents"),
            Flag(file.Root, "tokenize_chinese_chars"),
            Flag(file.Root, "add_prefix_space"));
    }

    /// <summary>A member that is true or false; null for anything else.</summary>
    /// <param name="element">An object.</param>
    /// <param name="name">The member's name.</param>
    public static bool? Flag(JsonElement element, string name)
        => element.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;
}
