using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>WordPiece on a vocabulary that a person can follow.</summary>
[TestClass]
public sealed class WordPieceTests
{
    // Ids from 5.
    private static readonly string[] Vocabulary =
    [
        "the", "un", "##aff", "##able", "affable", "run", "##ning", "##n", "##ing", "!", ",", "$", "<", "你", "好", "e", "##e",
        "ᄒ", "##ᅡ", "##ᆫ", "hello", "##s", "σ", "##σ", "😀", "'", "t", "don", "a", "##a", "i", "##\u0307", "é", "豈", "㈠", "The", "[",
    ];

    private static readonly Tokenizer Uncased = TestTokenizers.WordPiece(true, Vocabulary);
    private static readonly Tokenizer Cased = TestTokenizers.WordPiece(false, Vocabulary);

    [TestMethod]
    [DataRow("unaffable", "6 7 8", DisplayName = "the example of BERT's authors")]
    [DataRow("affable", "9", DisplayName = "a word that is a token")]
    [DataRow("running", "10 11", DisplayName = "the longest first: ##ning, not ##n ##ing")]
    [DataRow("runnn", "10 12 12")]
    [DataRow("runx", "1", DisplayName = "one letter unknown: the whole word is")]
    [DataRow("ing", "1", DisplayName = "what goes on a word does not begin one")]
    [DataRow("  The\tthe\n", "5 5")]
    [DataRow("the,the!", "5 15 5 14")]
    [DataRow("$<", "16 17", DisplayName = "symbols of ASCII are punctuation")]
    [DataRow("don't", "32 30 31")]
    [DataRow("你好the", "18 19 5", DisplayName = "ideographs are words")]
    [DataRow("É e\u0301", "20 20", DisplayName = "composed and decomposed accents")]
    [DataRow("한", "22 23 24", DisplayName = "Hangul is decomposed")]
    [DataRow("ΣΣ", "27 28", DisplayName = "sigma is σ at the end too")]
    [DataRow("the\u0000\u00AD\u200D\uFFFDthe", "1", DisplayName = "controls join what is beside them")]
    [DataRow("t\u0000he", "5")]
    [DataRow("\uD83D\uDE00", "29", DisplayName = "emoji")]
    [DataRow("the\u2028the\u3000the", "5 5 5")]
    [DataRow("the\u0085the", "1", DisplayName = "a control, though a line end for Unicode")]
    [DataRow("≠", "1", DisplayName = "= without its stroke")]
    [DataRow("the≮the", "5 17 5", DisplayName = "punctuation by what remains of it")]
    [DataRow("İ", "35")]
    [DataRow("[SEP]", "41 1 1", DisplayName = "special tokens of a text are text")]
    [DataRow("", "")]
    [DataRow(null, "")]
    public void Encode_Uncased_GivesIdsByHand(string? text, string ids) => Assert.AreEqual(ids, string.Join(' ', Uncased.Ids(text)));

    /// <summary>Attributes cannot hold halves of characters.</summary>
    [TestMethod]
    public void Encode_HalvesOfCharacters_AreNotThere()
    {
        Assert.AreEqual("5", string.Join(' ', Uncased.Ids("t\uD800h\uDC00e")));
        Assert.IsEmpty(Uncased.Ids("\uD83D"));
        Assert.AreEqual("29", string.Join(' ', Uncased.Ids("\uDE00\uD83D\uDE00\uD83D")));
    }

    [TestMethod]
    [DataRow("The the", "40 5")]
    [DataRow("é e", "37 20")]
    [DataRow("e\u0301", "1", DisplayName = "a mark of its own is a letter")]
    [DataRow("한", "1")]
    public void Encode_Cased_KeepsCaseAndAccents(string text, string ids) => Assert.AreEqual(ids, string.Join(' ', Cased.Ids(text)));

    [TestMethod]
    public void Encode_LowerCaseWithAccents_TurkishIKeepsItsDot()
    {
        Tokenizer tokenizer = Tokenizer.Create(Uncased.Spec with { StripAccents = false });

        Assert.AreEqual("35 36 37", string.Join(' ', tokenizer.Ids("İ É")));
    }

    [TestMethod]
    [DataRow(100)]
    [DataRow(101)]
    public void Encode_WordOfManyCharacters_IsUnknownBeyondTheLimit(int characters)
    {
        string word = new('a', characters);

        Assert.HasCount(characters == 100 ? 100 : 1, Uncased.Ids(word));
        Assert.AreEqual(characters == 100 ? 33 : 1, Uncased.Ids(word)[0]);
        var spans = new List<TokenSpan>();
        Uncased.Encode("x " + word + " x", [], spans);
        Assert.AreEqual(2, spans[1].Start);
        Assert.AreEqual(2 + characters, spans[^2].Start + spans[^2].Length);
    }

    [TestMethod]
    public void Encode_LimitOfTheSpec_CountsCharactersNotUnits()
    {
        Tokenizer tokenizer = Tokenizer.Create(TestTokenizers.WordPiece(true, "😀", "##😀").Spec with { LongestWord = 2 });

        Assert.AreEqual("5 6", string.Join(' ', tokenizer.Ids("😀😀")));
        Assert.AreEqual("1", string.Join(' ', tokenizer.Ids("😀😀😀")));
    }

    [TestMethod]
    public void Encode_OptionsOfTheRule_EachHasItsEffect()
    {
        Assert.AreEqual("1", string.Join(' ', Tokenizer.Create(Uncased.Spec with { SplitIdeographs = false }).Ids("你好")));
        Assert.AreEqual("1", string.Join(' ', Tokenizer.Create(Uncased.Spec with { CleanText = false }).Ids("t\0he")));
        Assert.AreEqual("1", string.Join(' ', Tokenizer.Create(Uncased.Spec with { Continuation = "@@" }).Ids("running")));
    }

    [TestMethod]
    [DataRow("the unaffable!", "0:the|1:un|1:aff|1:able|2:!")]
    [DataRow(" É,e\u0301x", "0:É|1:,|2:e\u0301x", DisplayName = "an unknown word is one token")]
    [DataRow("Ée", "0:É|0:e")]
    [DataRow("한e", "0:한|0:한|0:한|0:e", DisplayName = "pieces of one character are where it is")]
    [DataRow("t\0he \uD83D\uDE00", "0:t\0he|1:\uD83D\uDE00")]
    public void Encode_WithSpans_SaysWhereTokensAre(string text, string places) => Assert.AreEqual(places, Uncased.Places(text));

    [TestMethod]
    public void Encode_TokenThatIsThereTwice_IsTheLastOne()
        => Assert.AreEqual("8 7", string.Join(' ', TestTokenizers.WordPiece(true, "a", "ab", "b", "a").Ids("a b")));

    [TestMethod]
    public void Encode_ListsThatHaveSomething_AddsToThem()
    {
        List<int> ids = [7];
        List<TokenSpan> spans = [new(9, 9, 9)];

        Assert.AreEqual(1, Uncased.Encode("runx", ids, spans));

        CollectionAssert.AreEqual(new[] { 7, 1 }, ids);
        Assert.AreEqual("(9, 9), (0, 4)", string.Join(", ", spans.Select(span => (span.Start, span.Length))));
    }

    [TestMethod]
    public void Decode_Ids_JoinsPiecesAndLeavesOutWhatIsAround()
    {
        Assert.AreEqual("the unaffable ! [UNK] [MASK]", Uncased.Decode([2, 5, 6, 7, 8, 14, 1, 4, 3, 0, 0]));
        Assert.AreEqual("", Uncased.Decode([]));
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Uncased.Decode([42]));
        Assert.Contains("from 0 to 41", error.Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Uncased.Decode([-1]));
    }
}
