using CsCheck;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Vocabularies of whole words and of characters.</summary>
[TestClass]
public sealed class WordsAndCharactersTests
{
    [TestMethod]
    [DataRow("The cat's  hat, 42nd_x", "the cat ' s hat , 42nd _ x")]
    [DataRow("e\u0301t\u00E9", "e\u0301t\u00E9", DisplayName = "marks belong to words, accents stay")]
    [DataRow("नमस्ते!", "नमस्ते !", DisplayName = "vowels that are marks")]
    [DataRow("a\uD83D\uDE00b", "a \uD83D\uDE00 b")]
    [DataRow("\uD835\uDC00\uD835\uDC01", "\uD835\uDC00\uD835\uDC01", DisplayName = "letters beyond 16 bits")]
    [DataRow("İ", "i")]
    public void Words_OfText_AreRunsOfLettersMarksAndDigits(string text, string tokens)
    {
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.TrainWords(), text);

        Assert.AreEqual(tokens, tokenizer.Tokens(text));
        Assert.AreEqual(tokens, tokenizer.Decode(tokenizer.Ids(text)));
        TestTokenizers.AssertPlaces(tokenizer, text);
    }

    [TestMethod]
    public void Words_UnknownAndCased_AreOneToken()
    {
        Tokenizer lower = TestTokenizers.Train(TextTokenizer.TrainWords(), "The cat");
        Tokenizer cased = TestTokenizers.Train(TextTokenizer.TrainWords(lowerCase: false), "The cat");

        Assert.AreEqual("[UNK] the [UNK]", lower.Tokens("catthe THE ca"));
        Assert.AreEqual("[UNK] The", cased.Tokens("the The"));
        Assert.AreEqual("0:catthe|1:THE|2:ca", lower.Places("catthe THE ca"));
    }

    [TestMethod]
    public void Characters_OfText_AreCodePointsSpacesToo()
    {
        const string text = "Ab \uD83D\uDE00\tb";
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.Characters(), text);

        CollectionAssert.AreEqual(new[] { "b", "\t", " ", "A", "\uD83D\uDE00" }, tokenizer.Spec.Tokens.Skip(5).ToArray());
        CollectionAssert.AreEqual(new[] { 8, 5, 7, 9, 6, 5 }, tokenizer.Ids(text));
        Assert.AreEqual(text, tokenizer.Decode(tokenizer.Ids(text)));
        Assert.AreEqual("0:A|1:b|2: |3:\uD83D\uDE00|4:\t|5:b", tokenizer.Places(text));
        Assert.AreEqual("[UNK] b", tokenizer.Tokens("Bb"));
    }

    [TestMethod]
    public void Characters_LowerCase_IgnoresCaseAndHalvesAreOneToken()
    {
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.Characters(lowerCase: true), "AÉ\uD83D");

        CollectionAssert.AreEquivalent(new[] { "a", "é", "\uFFFD" }, tokenizer.Spec.Tokens.Skip(5).ToArray());
        Assert.AreEqual("a é \uFFFD \uFFFD", tokenizer.Tokens("aé\uDE00\uD83D"));
    }

    [TestMethod]
    public void AnyText_HasPlacesAndComesBack()
    {
        string[] units = [.. Enumerable.Range(0, 65536).Select(unit => ((char)unit).ToString())];
        Tokenizer characters = TestTokenizers.Train(TextTokenizer.Characters(100_000), units);
        Tokenizer words = TestTokenizers.Train(TextTokenizer.TrainWords(), "a b abc ABC");

        TestTokenizers.Texts.Sample(
            text =>
            {
                string known = string.Concat(text.EnumerateRunes().Where(rune => rune.IsBmp));
                Assert.AreEqual(known, characters.Decode(characters.Ids(known)));
                TestTokenizers.AssertPlaces(characters, text);
                TestTokenizers.AssertPlaces(words, text);
            },
            iter: 5_000,
            threads: 1);
    }
}
