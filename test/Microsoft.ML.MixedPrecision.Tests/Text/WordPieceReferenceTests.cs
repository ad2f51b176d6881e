using System.Text;
using CsCheck;
using FastBertTokenizer;
using Microsoft.ML.MixedPrecision.Tests.House;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>WordPiece beside programs that share nothing with it: a plain one, and FastBertTokenizer.</summary>
[TestClass]
public sealed class WordPieceReferenceTests
{
    private const int Mails = 3000;

    private static readonly string[] Vocabulary =
    [
        "a", "##a", "b", "##b", "c", "##c", "ab", "##ab", "abc", "##bca", "A", "##A", "AB", "1", "##1", ".", ",", "'", "#", "##", "###",
        "-", "$", "<", "_", "你", "豈", "ᄀ", "##ᅡ", "##ᆨ", "i", "##i", "##\u0307", "σ", "ς", "ß", "é", "e", "##e", "😀", "##😀",
        "\u0301", "##\u0301",
    ];

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Encode_AnyText_GivesThePlainReferencesIds(bool uncased)
    {
        if (uncased)
        {
            SkipWithoutNormalization();
        }

        Tokenizer tokenizer = TestTokenizers.WordPiece(uncased, Vocabulary);
        var reference = new WordPieceReference(TokenizerChecks.Ids(tokenizer.Spec), uncased);

        TestTokenizers.Texts.Sample(
            text =>
            {
                Assert.AreEqual(string.Join(' ', reference.Encode(text)), string.Join(' ', tokenizer.Ids(text)));
                TestTokenizers.AssertPlaces(tokenizer, text);
            },
            iter: 10_000,
            threads: 1);
    }

    [TestMethod]
    public void Encode_AsciiAndAccents_GivesFastBertTokenizersIds()
    {
        // That one looks words up with their accents first, so it is given no token with one.
        Tokenizer tokenizer = TestTokenizers.WordPiece(true, [.. Vocabulary.Where(token => !token.AsSpan().ContainsAny("é\u0301\u0307"))]);
        BertTokenizer other = Load(string.Join('\n', tokenizer.Spec.Tokens));

        Gen.Char["aabbccABCé1 .,'#$<_你İ가"].Array[0, 60].Select(units => new string(units)).Sample(
            text => Assert.AreEqual(string.Join(' ', IdsOf(other, text)), string.Join(' ', tokenizer.Ids(text))),
            iter: 5_000,
            threads: 1);
    }

    /// <summary>Real mails on the vocabulary of bert-base-uncased: Text/Data/fetch.sh and pretrained.sh of the benchmarks bring
    /// them.</summary>
    [TestMethod]
    public void Encode_Mails_GivesFastBertTokenizersIds()
    {
        string folder = Path.Combine(RepositoryFolder.Root, "artifacts", "text");
        string vocabulary = Path.Combine(folder, "vocab.txt"), mails = Path.Combine(folder, "spam.tsv");
        if (!File.Exists(vocabulary) || !File.Exists(mails))
        {
            Assert.Inconclusive($"There is no vocab.txt or no spam.tsv in {folder}; run fetch.sh and pretrained.sh of "
                + "test/Microsoft.ML.MixedPrecision.Benchmarks/Text/Data.");
        }

        Tokenizer tokenizer = new VocabularyTrainer(TextTokenizer.FromFile(vocabulary)).Train();
        BertTokenizer other = Load(File.ReadAllText(vocabulary));
        Assert.IsTrue(tokenizer.Spec.LowerCase, "of lower case, though ℝ is in it");
        int compared = 0;
        foreach (string mail in File.ReadLines(mails).Select(line => line.Split('\t', 2)[1]).Take(Mails))
        {
            Assert.AreEqual(string.Join(' ', IdsOf(other, mail)), string.Join(' ', tokenizer.Ids(mail)), mail);
            compared++;
        }

        Assert.AreEqual(Mails, compared);
    }

    private static BertTokenizer Load(string vocabulary)
    {
        var tokenizer = new BertTokenizer();
        using var reader = new StringReader(vocabulary);
        tokenizer.LoadVocabulary(reader, convertInputToLowercase: true);
        return tokenizer;
    }

    /// <summary>Without the two special tokens around them.</summary>
    private static long[] IdsOf(BertTokenizer tokenizer, string text)
    {
        var ids = new long[(2 * text.Length) + 2];
        int count = tokenizer.Encode(text, ids, new long[ids.Length]);
        return ids[1..(count - 1)];
    }

    private static void SkipWithoutNormalization()
    {
        if ("é".Normalize(NormalizationForm.FormD).Length == 1)
        {
            Assert.Inconclusive("The system decomposes nothing (InvariantGlobalization), which the reference needs.");
        }
    }
}
