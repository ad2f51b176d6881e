using System.Text;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>A tokenizer as a file: round trip, other files, damage, and as BERT's vocabulary.</summary>
[TestClass]
public sealed class TokenizerDocumentTests
{
    private const string Text = "The café, \"x\"  12 <b> \uD83D\uDE00 don't 你";

    public static IEnumerable<object[]> Kinds() =>
    [
        [TestTokenizers.WordPiece(false, "the", "The", "##\u0301", "\uD83D\uDE00", "\"", "<", "你").Spec with
        {
            LongestWord = 7,
            CleanText = false,
            SplitIdeographs = false,
            Continuation = "@@",
            StripAccents = true,
            Form = SequenceForm.Roberta,
        }],
        [TestTokenizers.Train(TextTokenizer.TrainWordPiece(60), Text).Spec],
        [TestTokenizers.Train(TextTokenizer.TrainWords(60), Text).Spec],
        [TestTokenizers.Train(TextTokenizer.Characters(60), Text).Spec],
        [TestTokenizers.BytePairs(true, "d o", "do n", "' t").Spec],
    ];

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Read_WhatWasWritten_IsTheSame(object spec)
    {
        Tokenizer tokenizer = Tokenizer.Create((TokenizerSpec)spec);
        byte[] document = Write(tokenizer);
        Tokenizer back = Read(Encoding.UTF8.GetString(document));

        CollectionAssert.AreEqual(document, Write(back), "all of it is in the document");
        Assert.AreEqual(tokenizer.Tokens(Text), back.Tokens(Text));
        CollectionAssert.AreEqual(tokenizer.Spec.Tokens.ToArray(), back.Spec.Tokens.ToArray());
        CollectionAssert.AreEqual(tokenizer.Spec.Merges.ToArray(), back.Spec.Merges.ToArray());
        Assert.AreEqual(tokenizer.Spec with { Tokens = back.Spec.Tokens, Merges = back.Spec.Merges }, back.Spec);
        Assert.AreNotEqual((byte)0xEF, document[0], "no byte order mark");
    }

    [TestMethod]
    [DataRow("", "it is no JSON")]
    [DataRow("not json", "it is no JSON")]
    [DataRow("[]", "its format is 'none'")]
    [DataRow("""{"Format":7}""", "its format is 'none'")]
    [DataRow("""{"format":"other"}""", "its format is 'none'")]
    [DataRow("""{"Format":"other"}""", "its format is 'other', not 'Microsoft.ML.MixedPrecision tokenizer'")]
    [DataRow("""{"Format":"Microsoft.ML.MixedPrecision tokenizer"}""", "its version is ''")]
    [DataRow("""{"Format":"Microsoft.ML.MixedPrecision tokenizer","Version":2}""", "its version is '2'; this program reads version 1")]
    [DataRow("""{"Format":"Microsoft.ML.MixedPrecision tokenizer","Version":1.5}""", "its version is '1.5'")]
    [DataRow("""{"Format":"Microsoft.ML.MixedPrecision tokenizer","Version":1}""", "a part of it is null")]
    [DataRow("""{"Format":"Microsoft.ML.MixedPrecision tokenizer","Version":1,"Tokenizer":{}}""", "missing required properties")]
    public void Read_OtherDocuments_AreRefusedByWhatTheyAre(string document, string fault)
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(() => Read(document));

        Assert.Contains(fault, error.Message);
        Assert.Contains("Give a document that Tokenizer.Write", error.Message);
    }

    [TestMethod]
    [DataRow("\"Padding\":0", "\"Padding\":99", "its padding token is none of its")]
    [DataRow("\"Padding\":0", "\"Padding\":-1", "its padding token is none of its")]
    [DataRow("\"Unknown\":1", "\"Unknown\":null", "no token for unknown words")]
    [DataRow("\"Separator\":3", "\"Separator\":null", "no token that begins a row")]
    [DataRow("\"LongestWord\":100", "\"LongestWord\":0", "words of 0 characters")]
    [DataRow("\"LongestWord\":100", "\"LongestWord\":1001", "words of 1001 characters")]
    [DataRow("\"Merges\":[]", "\"Merges\":[\"a b\"]", "it has 1 merges")]
    [DataRow("\"WordPiece\"", "\"Unigram\"", "could not be converted")]
    [DataRow("\"Merges\":[]", "\"Merges\":null", "a part of it is null")]
    [DataRow("\"[PAD]\"", "null", "a part of it is null")]
    [DataRow("\"Merges\":[]", "\"Merges\":[],\"Later\":1", "could not be mapped")]
    public void Read_DamagedDocument_IsRefused(string good, string damaged, string fault)
    {
        string document = Encoding.UTF8.GetString(Write(TestTokenizers.WordPiece(true, "a")));
        Assert.Contains(good, document);

        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => Read(document.Replace(good, damaged, StringComparison.Ordinal)));
        Assert.Contains(fault, error.Message);
    }

    [TestMethod]
    [DataRow("d o", "do", "the merge 'do' is not two tokens")]
    [DataRow("d o", "d x", "'dx' of the merge 'd x' is none of its tokens")]
    [DataRow("d o", "dz o", "'dz' of the merge 'dz o' is none of its tokens")]
    public void Create_MergesThatDoNotFit_AreNamed(string good, string bad, string fault)
    {
        TokenizerSpec spec = TestTokenizers.BytePairs(false, good).Spec;

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Tokenizer.Create(spec with { Merges = [bad] }));
        Assert.Contains(fault, error.Message);
    }

    [TestMethod]
    public void WriteVocabulary_WordPiece_IsReadBackFromAFile()
    {
        using var folder = new TemporaryFolder();
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.TrainWordPiece(60), Text);
        using (FileStream stream = File.Create(folder.File("vocab.txt")))
        {
            tokenizer.WriteVocabulary(stream);
        }

        Tokenizer back = new VocabularyTrainer(TextTokenizer.FromFile(folder.File("vocab.txt"))).Train();

        CollectionAssert.AreEqual(tokenizer.Spec.Tokens.ToArray(), back.Spec.Tokens.ToArray());
        Assert.AreEqual(
            string.Join("", tokenizer.Spec.Tokens.Select(token => token + "\n")),
            File.ReadAllText(folder.File("vocab.txt")));
        CollectionAssert.AreEqual(Write(tokenizer), Write(back));
    }

    [TestMethod]
    public void WriteVocabulary_WhatNoVocabularyCanHold_IsRefused()
    {
        using var stream = new MemoryStream();
        Tokenizer words = TestTokenizers.Train(TextTokenizer.TrainWords(), "a");
        Tokenizer broken = TestTokenizers.WordPiece(true, "a", "b\rc");

        Assert.Contains("Words", Assert.ThrowsExactly<InvalidOperationException>(() => words.WriteVocabulary(stream)).Message);
        Assert.Contains("id 6", Assert.ThrowsExactly<InvalidOperationException>(() => broken.WriteVocabulary(stream)).Message);
        Assert.AreEqual(0, stream.Length);
    }

    private static byte[] Write(Tokenizer tokenizer)
    {
        using var stream = new MemoryStream();
        tokenizer.Write(stream);
        return stream.ToArray();
    }

    private static Tokenizer Read(string document)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(document));
        return Tokenizer.Read(stream);
    }
}
