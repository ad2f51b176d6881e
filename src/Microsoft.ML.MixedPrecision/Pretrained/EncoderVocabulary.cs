using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Pretrained;

/// <summary>Writes a vocabulary as Hugging Face's library reads it: <c>vocab.txt</c> of WordPiece, <c>vocab.json</c> and
/// <c>merges.txt</c> of byte pairs, and beside them <c>tokenizer_config.json</c>.</summary>
internal static class EncoderVocabulary
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <exception cref="NotSupportedException">It is of another kind.</exception>
    public static void Write(string folder, TokenizerSpec tokenizer)
    {
        void File(string name, Action<Stream> write) => ReplacedFile.Write(Path.Combine(folder, name), write);
        switch (tokenizer.Kind)
        {
            case TokenizerKind.WordPiece:
                File("vocab.txt", stream => VocabularyText.Write(stream, tokenizer));
                File("tokenizer_config.json", stream => WriteObject(stream, json =>
                {
                    json.WriteString("tokenizer_class", "BertTokenizer");
                    json.WriteBoolean("do_lower_case", tokenizer.LowerCase);
                    json.WriteBoolean("strip_accents", tokenizer.StripAccents);
                    json.WriteBoolean("tokenize_chinese_chars", tokenizer.SplitIdeographs);
                }));
                break;
            case TokenizerKind.BytePairs:
                File("vocab.json", stream => WriteObject(stream, json =>
                {
                    foreach ((int id, string token) in tokenizer.Tokens.Index().Where(pair => pair.Item.Length > 0))
                    {
                        json.WriteNumber(token, id);
                    }
                }));
                File("merges.txt", stream =>
                {
                    using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                    writer.WriteLine("#version: 0.2");
                    foreach (string merge in tokenizer.Merges)
                    {
                        writer.WriteLine(merge);
                    }
                });
                File("tokenizer_config.json", stream => WriteObject(stream, json =>
                {
                    json.WriteString("tokenizer_class", "RobertaTokenizer");
                    json.WriteBoolean("add_prefix_space", tokenizer.AddSpace);
                }));
                break;
            default:
                throw new NotSupportedException($"A vocabulary of {tokenizer.Kind} has no published form; WordPiece and byte pairs have. "
                    + "Save the model with mlContext.Model.Save.");
        }
    }

    private static void WriteObject(Stream stream, Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(stream, Readable);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }
}
