using System.ComponentModel;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>The option that describes a tokenizer: text, JSON, equality, checks.</summary>
[TestClass]
public sealed class TextTokenizerTests
{
    public static IEnumerable<object[]> Tokenizers() =>
    [
        [TextTokenizer.TrainWordPiece(), "wordpiece(vocabularySize=8000, lowerCase=true)"],
        [TextTokenizer.TrainWordPiece(10, false), "wordpiece(vocabularySize=10, lowerCase=false)"],
        [TextTokenizer.TrainWords(), "words(vocabularySize=20000, lowerCase=true)"],
        [TextTokenizer.TrainWords(1_000_000), "words(vocabularySize=1000000, lowerCase=true)"],
        [TextTokenizer.Characters(), "characters(vocabularySize=1000, lowerCase=false)"],
        [TextTokenizer.Characters(lowerCase: true), "characters(vocabularySize=1000, lowerCase=true)"],
        [TextTokenizer.FromFile("vocab.txt"), "file(vocab.txt)"],
        [TextTokenizer.FromFile(@"C:\My models (old)\a, b=c"), @"file(C:\My models (old)\a, b=c)"],
        [TextTokenizer.FromFile(" Größe "), "file( Größe )"],
    ];

    [TestMethod]
    [DynamicData(nameof(Tokenizers))]
    public void Json_EachForm_RoundTripsAsItsText(TextTokenizer tokenizer, string text)
    {
        Assert.AreEqual(text, tokenizer.ToString());
        string json = JsonSerializer.Serialize(new Holder(tokenizer));
        TextTokenizer? back = JsonSerializer.Deserialize<Holder>(json)!.Tokenizer;

        Assert.AreEqual(text, JsonDocument.Parse(json).RootElement.GetProperty("Tokenizer").GetString());
        Assert.AreEqual(tokenizer, back);
        Assert.AreEqual(tokenizer.GetHashCode(), back!.GetHashCode());
        Assert.AreEqual(tokenizer, TypeDescriptor.GetConverter(typeof(TextTokenizer)).ConvertFromInvariantString(text));
    }

    [TestMethod]
    public void Equals_DifferentForms_AreDifferent()
    {
        TextTokenizer[] all = [.. Tokenizers().Select(row => (TextTokenizer)row[0]), TextTokenizer.FromFile("VOCAB.txt")];

        Assert.AreEqual(all.Length, all.Distinct().Count());
        Assert.IsTrue(TextTokenizer.TrainWords(99) == TextTokenizer.TrainWords(99));
        Assert.IsTrue(TextTokenizer.TrainWords(99) != TextTokenizer.TrainWordPiece(99));
        Assert.IsTrue(TextTokenizer.Characters() != null);
        Assert.IsFalse(TextTokenizer.Characters().Equals("characters"));
    }

    [TestMethod]
    [DataRow(" WordPiece ", "wordpiece(vocabularySize=8000, lowerCase=true)")]
    [DataRow("words()", "words(vocabularySize=20000, lowerCase=true)")]
    [DataRow("Characters(LOWERCASE = True)", "characters(vocabularySize=1000, lowerCase=true)")]
    [DataRow("words(vocabularySize=50)", "words(vocabularySize=50, lowerCase=true)")]
    [DataRow("FILE(x)", "file(x)")]
    public void Parse_ShorterForms_HaveTheDefaults(string text, string whole)
        => Assert.AreEqual(whole, TextTokenizer.Parse(text).ToString());

    [TestMethod]
    [DataRow("")]
    [DataRow("bpe")]
    [DataRow("file")]
    [DataRow("words(")]
    [DataRow("words(5000)")]
    [DataRow("words(vocabularySize=five)")]
    [DataRow("words(lowerCase=1)")]
    [DataRow("words(lowerCase=true, lowerCase=true)")]
    [DataRow("words(size=50)")]
    public void Parse_OtherTexts_AreRefusedWithWhatIsAllowed(string text)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => TextTokenizer.Parse(text));

        Assert.Contains("write wordpiece(vocabularySize=8000, lowerCase=true), words(", error.Message);
        Assert.ThrowsExactly<JsonException>(() => JsonSerializer.Deserialize<Holder>($$"""{"Tokenizer":"{{text}}"}"""));
    }

    [TestMethod]
    [DataRow(9)]
    [DataRow(1_000_001)]
    public void Train_SizeOutsideItsRange_IsRefused(int size)
    {
        foreach (Func<TextTokenizer> make in new[]
            {
                () => TextTokenizer.TrainWordPiece(size), () => TextTokenizer.TrainWords(size), () => TextTokenizer.Characters(size),
                () => TextTokenizer.Parse($"words(vocabularySize={size})"),
            })
        {
            var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(make);
            Assert.Contains("from 10 to 1000000", error.Message);
            Assert.AreEqual(size, error.ActualValue);
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("  ")]
    [DataRow(null)]
    public void FromFile_NoPath_IsRefused(string? path)
        => Assert.Contains("tokenizer.json", Assert.ThrowsExactly<ArgumentException>(() => TextTokenizer.FromFile(path!)).Message);

    [TestMethod]
    public void Truncation_AsText_IsReadByName()
    {
        TypeConverter converter = TypeDescriptor.GetConverter(typeof(Truncation));

        Assert.AreEqual(Truncation.HeadTail, converter.ConvertFromInvariantString("headtail"));
        Assert.ThrowsExactly<ArgumentException>(() => converter.ConvertFromInvariantString("Head, Tail"));
    }

    private sealed record Holder(TextTokenizer? Tokenizer);
}
