using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// A <c>tokenizer.json</c> of Hugging Face: WordPiece with BERT's normalizer and splitter, or byte-level BPE with GPT-2's splitter. What it
/// says of truncation, padding and decoding is not read. Source: https://huggingface.co/docs/tokenizers.
/// </summary>
internal static class HuggingFaceFile
{
    /// <summary>Ids beyond are damage: no vocabulary has that many tokens, and each id takes memory.</summary>
    private const int MostTokens = 10_000_000;

    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is another JSON, damaged, or of a kind that is not read; the message says what
    /// is.</exception>
    public static TokenizerSpec Read(string path)
    {
        using var file = new JsonFile(path);
        JsonElement root = file.Root;
        if (!IsObject(root, "model", out JsonElement model) || !IsObject(model, "vocab", out JsonElement vocabulary))
        {
            throw Fault(path, "it has no model with a vocab of tokens and ids");
        }

        Dictionary<string, int> ids = Ids(vocabulary, path);
        AddTokens(root, ids, path);
        string kind = Text(model, "type") ?? (model.TryGetProperty("merges", out _) ? "BPE" : "WordPiece");
        TokenizerSpec spec = kind switch
        {
            "WordPiece" => WordPiece(root, model, path, ids),
            "BPE" => BytePairs(root, model, path, ids),
            _ => throw Fault(path, $"its model is '{kind}'"),
        };
        return HuggingFaceRows.Add(spec, root, ids, path);
    }

    /// <summary>Ids by token of a JSON object.</summary>
    /// <param name="vocabulary">The object.</param>
    /// <param name="path">Named in errors.</param>
    /// <exception cref="InvalidDataException">A value is no id.</exception>
    public static Dictionary<string, int> Ids(JsonElement vocabulary, string path)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty token in vocabulary.EnumerateObject())
        {
            ids[token.Name] = Id(token.Value, token.Name, path);
        }

        return ids;
    }

    /// <summary>Tokens by id; empty where an id has none.</summary>
    /// <param name="ids">Ids by token.</param>
    public static string[] Tokens(Dictionary<string, int> ids)
    {
        var tokens = new string[ids.Count == 0 ? 0 : ids.Values.Max() + 1];
        Array.Fill(tokens, string.Empty);
        foreach ((string token, int id) in ids)
        {
            tokens[id] = token;
        }

        return tokens;
    }

    /// <summary>A member that is an object.</summary>
    /// <param name="element">What may have it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="value">The member.</param>
    public static bool IsObject(JsonElement element, string name, out JsonElement value)
        => element.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>A member that is text; null for anything else.</summary>
    /// <param name="element">An object.</param>
    /// <param name="name">The member's name.</param>
    public static string? Text(JsonElement element, string name)
        => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An error that says what is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fault">What is wrong.</param>
    public static InvalidDataException Fault(string path, string fault)
        => new($"'{path}' is no tokenizer that is read here: {fault}. {VocabularyFile.Allowed}");

    private static int Id(JsonElement value, string token, string path)
        => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id is >= 0 and < MostTokens
            ? id
            : throw Fault(path, $"the id of '{token}' is '{value}', not a whole number from 0 to {MostTokens - 1}");

    private static void AddTokens(JsonElement root, Dictionary<string, int> ids, string path)
    {
        if (!root.TryGetProperty("added_tokens", out JsonElement added) || added.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (JsonElement token in added.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Object || Text(token, "content") is not { } text
                || !token.TryGetProperty("id", out JsonElement id))
            {
                throw Fault(path, $"the added token '{token}' lacks its content or its id");
            }

            ids[text] = Id(id, text, path);
        }
    }

    private static TokenizerSpec WordPiece(JsonElement root, JsonElement model, string path, Dictionary<string, int> ids)
    {
        Require(root, "pre_tokenizer", path, "BertPreTokenizer");
        JsonElement? normalizer = Require(root, "normalizer", path, "BertNormalizer", null);
        bool Normalizes(string name, bool otherwise)
            => normalizer is { } rules && (TokenizerSettings.Flag(rules, name) ?? otherwise);

        bool lowerCase = Normalizes("lowercase", true);
        return new TokenizerSpec
        {
            Kind = TokenizerKind.WordPiece,
            Tokens = Tokens(ids),
            Special = SpecialTokens.Find(ids) with { Unknown = Unknown(model, ids) },
            LowerCase = lowerCase,
            StripAccents = Normalizes("strip_accents", lowerCase),
            CleanText = Normalizes("clean_text", true),
            SplitIdeographs = Normalizes("handle_chinese_chars", true),
            Continuation = Text(model, "continuing_subword_prefix") ?? "##",
            LongestWord = model.TryGetProperty("max_input_chars_per_word", out JsonElement longest)
                ? Id(longest, "max_input_chars_per_word", path)
                : TokenizerSpec.DefaultLongestWord,
        };
    }

    private static TokenizerSpec BytePairs(JsonElement root, JsonElement model, string path, Dictionary<string, int> ids)
    {
        JsonElement splitter = Require(root, "pre_tokenizer", path, "ByteLevel")!.Value;
        Require(root, "normalizer", path, [null]);
        string? refused = new[] { "continuing_subword_prefix", "end_of_word_suffix" }
            .FirstOrDefault(name => !string.IsNullOrEmpty(Text(model, name)))
            ?? new[] { "byte_fallback", "ignore_merges" }.FirstOrDefault(name => TokenizerSettings.Flag(model, name) == true);
        if (refused is not null || TokenizerSettings.Flag(splitter, "use_regex") == false)
        {
            throw Fault(path, $"its {refused ?? "use_regex"} is not as GPT-2 and RoBERTa have it");
        }

        return new TokenizerSpec
        {
            Kind = TokenizerKind.BytePairs,
            Tokens = Tokens(ids),
            Special = SpecialTokens.Find(ids) with { Unknown = Unknown(model, ids) },
            Merges = Merges(model, path),
            AddSpace = TokenizerSettings.Flag(splitter, "add_prefix_space") ?? true,
        };
    }

    private static int? Unknown(JsonElement model, Dictionary<string, int> ids)
        => Text(model, "unk_token") is { } token && ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Older files write a merge as one text, newer ones as two.</summary>
    private static string[] Merges(JsonElement model, string path)
    {
        if (!model.TryGetProperty("merges", out JsonElement merges) || merges.ValueKind != JsonValueKind.Array)
        {
            throw Fault(path, "its model has no list of merges");
        }

        return [.. merges.EnumerateArray().Select(merge => merge switch
        {
            { ValueKind: JsonValueKind.String } => merge.GetString()!,
            { ValueKind: JsonValueKind.Array } when merge.GetArrayLength() == 2 => $"{merge[0]} {merge[1]}",
            _ => throw Fault(path, $"the merge '{merge}' is not two tokens"),
        })];
    }

    /// <summary>A part of the file, which must be of one of these types; null: there must be none.</summary>
    private static JsonElement? Require(JsonElement root, string name, string path, params ReadOnlySpan<string?> types)
    {
        JsonElement? part = IsObject(root, name, out JsonElement value) ? value : null;
        string? type = part is { } given ? Text(given, "type") ?? "without a type" : null;
        return types.Contains(type) ? part : throw Fault(path, $"its {name} is {(type is null ? "none" : $"'{type}'")}");
    }
}
