using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Rows of words: where each word's first token stands, and what is cut.</summary>
[TestClass]
public sealed class WordSequenceTests
{
    /// <summary>a ##b ##c d are 5 to 8, behind [PAD] [UNK] [CLS] [SEP] [MASK].</summary>
    private static readonly Tokenizer Bert = TestTokenizers.WordPiece(true, "a", "##b", "##c", "d");

    [TestMethod]
    [DataRow("abc d", 10, "2 5 6 7 8 3", "1 4", 0, 0)]
    [DataRow("abc d", 6, "2 5 6 7 8 3", "1 4", 0, 0)]
    [DataRow("d abc d", 6, "2 8 5 6 7 3", "1 2 -1", 1, 1)]
    [DataRow("d abc d abc", 5, "2 8 5 6 3", "1 2 -1 -1", 5, 2, DisplayName = "a word that is there in part has its place")]
    [DataRow("d", 2, "2 3", "-1", 1, 1)]
    [DataRow("_ d zz _", 10, "2 1 8 1 1 3", "1 2 3 4", 0, 0, DisplayName = "an empty word, or an unknown one, is a token")]
    [DataRow("D ABC", 10, "2 8 5 6 7 3", "1 2", 0, 0)]
    public void Fill_Words_StandAtTheirFirstToken(string words, int most, string ids, string places, int cut, int cutWords)
    {
        var row = new WordRow();
        WordSequence.Fill(row, Bert, Words("d d d d d d d d"), 4);

        WordSequence.Fill(row, Bert, Words(words), most);

        Assert.AreEqual(ids, string.Join(' ', row.Ids));
        Assert.AreEqual(places, string.Join(' ', row.Places));
        Assert.AreEqual((cut, cutWords), (row.Cut, row.CutWords));
    }

    [TestMethod]
    public void Fill_NoWords_HasTheSpecialTokensAlone()
    {
        var row = new WordRow();

        WordSequence.Fill(row, Bert, [], 10);

        Assert.AreEqual("2 3", string.Join(' ', row.Ids));
        Assert.IsEmpty(row.Places);
    }

    /// <summary>Byte pairs know a word within a text by the space before it, here merged with a (256) but not with b (32, 98); rows of the
    /// plain form have no special tokens, so that the first word stands at 0.</summary>
    [TestMethod]
    [DataRow(false, "257 256 32 98 258", "1 2")]
    [DataRow(true, "256 32 98", "0 1")]
    public void Fill_BytePairs_HaveTheSpaceBeforeEachWord(bool isPlain, string ids, string places)
    {
        Tokenizer pairs = TestTokenizers.BytePairs(addSpace: false, "Ġ a");
        Tokenizer tokenizer = isPlain ? Tokenizer.Create(pairs.Spec with { Form = SequenceForm.Plain }) : pairs;
        var row = new WordRow();

        WordSequence.Fill(row, tokenizer, Words("a b"), 10);

        Assert.AreEqual(ids, string.Join(' ', row.Ids));
        Assert.AreEqual(places, string.Join(' ', row.Places));
    }

    [TestMethod]
    public void Fill_FewerTokensThanTheSpecialOnes_Throws()
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => WordSequence.Fill(new WordRow(), Bert, Words("a"), 1));

    /// <summary>Words with a space between them, _ for an empty one.</summary>
    private static ReadOnlyMemory<char>[] Words(string text)
        => Array.ConvertAll(text.Split(' '), word => word == "_" ? ReadOnlyMemory<char>.Empty : word.AsMemory());
}
