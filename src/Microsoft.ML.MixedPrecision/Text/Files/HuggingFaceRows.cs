using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>What a <c>tokenizer.json</c> says of rows: its <c>post_processor</c>. Without one, texts stand alone.</summary>
internal static class HuggingFaceRows
{
    /// <summary>The patterns of <c>TemplateProcessing</c> that are read: A and B are the texts, c begins a row, s ends a text.</summary>
    private static readonly (string Single, string Pair, SequenceForm Form)[] Templates =
    [
        ("cA0s", "cA0sB1s", SequenceForm.Bert),
        ("cA0s", "cA0ssB0s", SequenceForm.Roberta),
        ("A0", "A0B0", SequenceForm.Plain),
    ];

    /// <summary>Adds the form of rows and the tokens in them.</summary>
    /// <param name="spec">The tokenizer without them.</param>
    /// <param name="root">The file.</param>
    /// <param name="ids">Ids by token.</param>
    /// <param name="path">Named in errors.</param>
    /// <exception cref="InvalidDataException">Rows have a form that is not read.</exception>
    public static TokenizerSpec Add(TokenizerSpec spec, JsonElement root, Dictionary<string, int> ids, string path)
    {
        if (!HuggingFaceFile.IsObject(root, "post_processor", out JsonElement rows))
        {
            return spec with { Form = SequenceForm.Plain };
        }

        string? type = HuggingFaceFile.Text(rows, "type");
        return type switch
        {
            "ByteLevel" => spec with { Form = SequenceForm.Plain },
            "BertProcessing" => With(SequenceForm.Bert, Named("cls"), Named("sep")),
            "RobertaProcessing" => With(SequenceForm.Roberta, Named("cls"), Named("sep")),
            "TemplateProcessing" => Template(),
            _ => throw HuggingFaceFile.Fault(path, $"its post_processor is '{type}'"),
        };

        string? Named(string name)
            => rows.TryGetProperty(name, out JsonElement pair) && pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2
                ? pair[0].ToString()
                : null;

        TokenizerSpec With(SequenceForm form, string? first, string? last)
            => first is not null && last is not null && ids.TryGetValue(first, out int begins) && ids.TryGetValue(last, out int ends)
                ? spec with { Form = form, Special = spec.Special with { Classification = begins, Separator = ends } }
                : throw HuggingFaceFile.Fault(path, $"'{first}' and '{last}' of its post_processor are not both tokens");

        TokenizerSpec Template()
        {
            string[] tokens = [.. Parts(rows, "single").Where(part => part.Kind == "SpecialToken").Select(part => part.Id)];
            string? first = tokens.FirstOrDefault(), last = tokens.LastOrDefault();
            string single = Pattern(rows, "single", first, last), pair = Pattern(rows, "pair", first, last);
            (string Single, string Pair, SequenceForm Form) found = Templates.FirstOrDefault(known => known.Single == single
                && known.Pair == pair);
            return found.Single is null ? throw HuggingFaceFile.Fault(path, $"its template of rows is {single}, of pairs {pair}")
                : found.Form == SequenceForm.Plain ? spec with { Form = SequenceForm.Plain }
                : With(found.Form, first, last);
        }
    }

    private static string Pattern(JsonElement rows, string name, string? first, string? last)
        => string.Concat(Parts(rows, name).Select(part => part.Kind == "Sequence" ? part.Id + part.Type
            : part.Id == first ? "c"
            : part.Id == last ? "s"
            : $"({part.Id})"));

    /// <summary>Each part is an object of one member, <c>SpecialToken</c> or <c>Sequence</c>.</summary>
    private static IEnumerable<(string Kind, string Id, string Type)> Parts(JsonElement rows, string name)
    {
        if (!rows.TryGetProperty(name, out JsonElement parts) || parts.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (JsonElement part in parts.EnumerateArray().Where(part => part.ValueKind == JsonValueKind.Object))
        {
            foreach (JsonProperty member in part.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
            {
                string type = member.Value.TryGetProperty("type_id", out JsonElement number) ? number.ToString() : "0";
                yield return (member.Name, HuggingFaceFile.Text(member.Value, "id") ?? string.Empty, type);
            }
        }
    }
}
