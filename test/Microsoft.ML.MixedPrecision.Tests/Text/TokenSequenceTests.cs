using CsCheck;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Rows of one text and of pairs: special tokens, types, and what is cut.</summary>
[TestClass]
public sealed class TokenSequenceTests
{
    // a to j are 5 to 14.
    private static readonly Tokenizer Bert = TestTokenizers.WordPiece(true, [.. "abcdefghij".Select(letter => letter.ToString())]);

    private static readonly Tokenizer Roberta = Tokenizer.Create(Bert.Spec with { Form = SequenceForm.Roberta });

    private static readonly Tokenizer Plain = Tokenizer.Create(Bert.Spec with { Form = SequenceForm.Plain });

    [TestMethod]
    [DataRow("a b c", 8, Truncation.Head, "2 5 6 7 3", 0)]
    [DataRow("a b c", 5, Truncation.Head, "2 5 6 7 3", 0)]
    [DataRow("a b c", 4, Truncation.Head, "2 5 6 3", 1)]
    [DataRow("a b c", 4, Truncation.Tail, "2 6 7 3", 1)]
    [DataRow("a b c d e f g h i j", 8, Truncation.HeadTail, "2 5 6 11 12 13 14 3", 4, DisplayName = "of 6 the first 9/4 = 2")]
    [DataRow("a b c d e f", 7, Truncation.HeadTail, "2 5 6 8 9 10 3", 1, DisplayName = "of 5 the first 8/4 = 2")]
    [DataRow("a b c d e f", 3, Truncation.HeadTail, "2 5 3", 5)]
    [DataRow("a b c", 2, Truncation.Tail, "2 3", 3)]
    [DataRow("", 8, Truncation.Head, "2 3", 0)]
    [DataRow(null, 2, Truncation.Tail, "2 3", 0)]
    public void Fill_OneText_StandsBetweenItsTokens(string? text, int most, Truncation truncation, string ids, int cut)
    {
        TokenRow row = Used();
        TokenSequence.Fill(row, Bert, text, new SequenceLimit(most, truncation));

        Assert.AreEqual(ids, string.Join(' ', row.Ids));
        Assert.AreEqual(cut, row.Cut);
        Assert.IsTrue(row.Types.TrueForAll(type => type == 0));
        Assert.HasCount(row.Ids.Count, row.Types);
        Assert.HasCount(row.Ids.Count, row.Spans!);
    }

    [TestMethod]
    [DataRow("a b", "c", 8, "2 5 6 3 7 3", "0 0 0 0 1 1", 0)]
    [DataRow("a b c d e", "f", 6, "2 5 6 3 10 3", "0 0 0 0 1 1", 3, DisplayName = "the longer one is cut")]
    [DataRow("a", "b c d e f", 6, "2 5 3 6 7 3", "0 0 0 1 1 1", 3)]
    [DataRow("a b c d e", "f g h i j", 8, "2 5 6 7 3 10 11 3", "0 0 0 0 0 1 1 1", 5, DisplayName = "equally long: the first has one more")]
    [DataRow("a b", "c d", 3, "2 3 3", "0 0 1", 4)]
    [DataRow("", null, 8, "2 3 3", "0 0 1", 0)]
    [DataRow(null, "a", 8, "2 3 5 3", "0 0 1 1", 0)]
    public void Fill_Pair_CutsTheLongerOne(string? first, string? second, int most, string ids, string types, int cut)
    {
        TokenRow row = Used();
        TokenSequence.Fill(row, Bert, first, second, new SequenceLimit(most, Truncation.Head));

        Assert.AreEqual(ids, string.Join(' ', row.Ids));
        Assert.AreEqual(types, string.Join(' ', row.Types));
        Assert.AreEqual(cut, row.Cut);
    }

    [TestMethod]
    public void Fill_OtherForms_HaveTheirOwnTokens()
    {
        var limit = new SequenceLimit(6, Truncation.Tail);

        Assert.AreEqual("2 5 6 3 / 0 0 0 0", Row(row => TokenSequence.Fill(row, Roberta, "a b", limit)));
        Assert.AreEqual("2 6 3 3 7 3 / 0 0 0 0 0 0", Row(row => TokenSequence.Fill(row, Roberta, "a b", "c", limit)));
        Assert.AreEqual("5 6 / 0 0", Row(row => TokenSequence.Fill(row, Plain, "a b", limit)));
        Assert.AreEqual("8 9 10 11 12 13 / 0 0 0 0 0 0", Row(row => TokenSequence.Fill(row, Plain, "a b c d e f", "g h i", limit)));
        Assert.AreEqual(" / ", Row(row => TokenSequence.Fill(row, Plain, null, limit)));
    }

    /// <summary>BERT takes a token away from the longer one, or from the second, until the pair fits.</summary>
    [TestMethod]
    public void Fill_AnyPair_KeepsWhatTakingAwayOneByOneLeaves()
        => Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[3, 20]).Sample(
            (first, second, most) =>
            {
                var row = new TokenRow();
                TokenSequence.Fill(
                    row,
                    Bert,
                    string.Join(' ', Enumerable.Repeat("a", first)),
                    string.Join(' ', Enumerable.Repeat("b", second)),
                    new SequenceLimit(most, Truncation.Head));
                (int a, int b) = (first, second);
                while (a + b > most - 3)
                {
                    (a, b) = a > b ? (a - 1, b) : (a, b - 1);
                }

                Assert.AreEqual((a, b), (row.Ids.Count(id => id == 5), row.Ids.Count(id => id == 6)));
                Assert.AreEqual(first + second - a - b, row.Cut);
                Assert.IsLessThanOrEqualTo(most, row.Ids.Count);
            },
            iter: 2_000,
            threads: 1);

    [TestMethod]
    public void Fill_WithSpans_KeepsThoseOfWhatIsKept()
    {
        TokenRow row = Used();
        TokenSequence.Fill(row, Bert, "a b  c", "d", new SequenceLimit(6, Truncation.Tail));

        Assert.AreEqual(
            "(0, 0, -1) (2, 1, 1) (5, 1, 2) (0, 0, -1) (0, 1, 0) (0, 0, -1)",
            string.Join(' ', row.Spans!.Select(span => (span.Start, span.Length, span.Word))));
        Assert.IsNull(new TokenRow().Spans);
    }

    [TestMethod]
    public void Fill_LimitBelowTheSpecialTokens_IsRefused()
    {
        var row = new TokenRow();

        Assert.Contains("2 special tokens", Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TokenSequence.Fill(row, Bert, "a", new SequenceLimit(1, Truncation.Head))).Message);
        Assert.Contains("3 special tokens", Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TokenSequence.Fill(row, Bert, "a", "b", new SequenceLimit(2, Truncation.Head))).Message);
        Assert.Contains("4 special tokens", Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TokenSequence.Fill(row, Roberta, "a", "b", new SequenceLimit(3, Truncation.Head))).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TokenSequence.Fill(row, Plain, "a", new SequenceLimit(0, Truncation.Head)));
    }

    /// <summary>A row that had another text before.</summary>
    private static TokenRow Used()
    {
        var row = new TokenRow(hasSpans: true);
        TokenSequence.Fill(row, Bert, "j j j j", "i", new SequenceLimit(6, Truncation.Head));
        return row;
    }

    private static string Row(Action<TokenRow> fill)
    {
        var row = new TokenRow();
        fill(row);
        return $"{string.Join(' ', row.Ids)} / {string.Join(' ', row.Types)}";
    }
}
