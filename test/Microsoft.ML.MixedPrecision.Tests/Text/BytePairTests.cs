using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Text;
using Microsoft.ML.Tokenizers;
using Tokenizer = Microsoft.ML.MixedPrecision.Text.Tokenizer;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Byte pairs by hand, and beside a plain reference and ML.NET's tokenizer.</summary>
[TestClass]
public sealed partial class BytePairTests
{
    private static readonly string[] Merges =
    [
        "h e", "l l", "he ll", "hell o", "Ġ hello", "a a", "aa a", "Ã ©", "Ġ t", "Ġt he", "i n", "in g", "1 2", "Ċ Ċ", "' s", "ð Ł",
        "Ġ Ġ", "b a",
    ];

    private static readonly Tokenizer Small = TestTokenizers.BytePairs(false, Merges);

    [TestMethod]
    [DataRow("hello", "hello")]
    [DataRow(" hello the", "Ġhello Ġthe", DisplayName = "a space belongs to the word behind it")]
    [DataRow("hellhello", "hell hello")]
    [DataRow("aaaa", "aa aa", DisplayName = "a a before aa a, from the left")]
    [DataRow("aaaaa", "aa aaa")]
    [DataRow("he's", "he 's")]
    [DataRow("he''s", "he ' ' s", DisplayName = "two apostrophes are no contraction")]
    [DataRow("12ing", "12 ing", DisplayName = "digits and letters are apart")]
    [DataRow("  the", "Ġ Ġthe", DisplayName = "of several spaces the last one")]
    [DataRow("a\n\n b", "a ĊĊ Ġ b", DisplayName = "line ends before a space")]
    [DataRow("a \n", "a Ġ Ċ", DisplayName = "spaces at the end")]
    [DataRow("é", "Ã©")]
    [DataRow("\uD83D\uDE00", "ðŁ ĺ Ģ")]
    [DataRow("", "")]
    [DataRow(null, "")]
    public void Encode_Text_GivesTokensByHand(string? text, string tokens) => Assert.AreEqual(tokens, Small.Tokens(text));

    [TestMethod]
    [DataRow(" hello", "0:hello", DisplayName = "without the space before it")]
    [DataRow("a  the", "0:a|1: |2:the")]
    [DataRow("\uD83D\uDE00é", "0:\uD83D\uDE00|0:\uD83D\uDE00|0:\uD83D\uDE00|1:é", DisplayName = "bytes of one character are where it is")]
    public void Encode_WithSpans_SaysWhereTokensAre(string text, string places) => Assert.AreEqual(places, Small.Places(text));

    [TestMethod]
    public void Encode_WithASpaceAdded_ReadsTheFirstWordAsTheOthers()
    {
        Tokenizer tokenizer = TestTokenizers.BytePairs(true, Merges);

        Assert.AreEqual("Ġhello Ġhello", tokenizer.Tokens("hello hello"));
        Assert.AreEqual("Ġhello", tokenizer.Tokens(" hello"));
        Assert.AreEqual("", tokenizer.Tokens(""));
        Assert.AreEqual("0:hello|1:the", tokenizer.Places("hello the"));
        Assert.AreEqual("0:\n|1:\n|2:a", tokenizer.Places("\na"), "the space has no place of its own");
    }

    [TestMethod]
    public void Decode_Ids_GivesTheTextBack()
    {
        Assert.AreEqual("hello the\uFFFD", Small.Decode([.. Small.Ids("hello the"), 0xF0]));
        Assert.AreEqual("é", Small.Decode([Small.Count - 2, .. Small.Ids("é"), Small.Count - 1]));
        TestTokenizers.Texts.Sample(
            text =>
            {
                Assert.AreEqual(string.Concat(text.EnumerateRunes()), Small.Decode(Small.Ids(text)));
                TestTokenizers.AssertPlaces(Small, text);
            },
            iter: 5_000,
            threads: 1);
    }

    [TestMethod]
    public void Encode_TokenThatNoMergeLeadsTo_IsNotTaken()
    {
        TokenizerSpec spec = Small.Spec with { Tokens = [.. Small.Spec.Tokens, "xyz", "hellhello"] };

        Assert.AreEqual("x y z Ġ hell hello", Tokenizer.Create(spec).Tokens("xyz hellhello"));
        Assert.AreEqual("< s >", Small.Tokens("<s>"), "nor is a special token");
    }

    [TestMethod]
    public void Encode_ByteThatIsNoToken_IsUnknownOrNothing()
    {
        TokenizerSpec spec = Small.Spec with { Tokens = [.. Small.Spec.Tokens.Select(token => token == "z" ? "" : token)] };

        Assert.AreEqual("a b", Tokenizer.Create(spec).Tokens("azb"));
        Assert.AreEqual("0:az|0:b", Tokenizer.Create(spec).Places("azb"), "what is left out belongs to the token before");
        Assert.AreEqual("a <s> b", Tokenizer.Create(spec with
        {
            Special = spec.Special with { Unknown = Small.Count - 2 },
        }).Tokens("azb"));
    }

    /// <summary>With and without the queue, for any merges and symbols.</summary>
    [TestMethod]
    public void Apply_AnyMerges_GivesThePlainReferencesSymbols()
    {
        Gen<(string Left, string Right)> merge = Gen.Select(Gen.String[Gen.Char["ab"], 1, 3], Gen.String[Gen.Char["ab"], 1, 3]);
        Gen.Select(merge.Array[0, 8], Gen.String[Gen.Char["ab"], 1, 40]).Sample(
            (pairs, text) =>
            {
                List<string> names = [];
                int Id(string name)
                {
                    if (!names.Contains(name))
                    {
                        names.Add(name);
                    }

                    return names.IndexOf(name);
                }

                var numbers = pairs.Select(pair => (Id(pair.Left), Id(pair.Right), Id(pair.Left + pair.Right))).ToList();
                string expected = string.Join(' ', MergeReference.Apply(text.Select(unit => unit.ToString()), pairs));
                foreach (int few in new[] { 0, 64 })
                {
                    int[] ids = [.. text.Select(unit => Id(unit.ToString()))];
                    int[] starts = [.. Enumerable.Range(0, text.Length)];
                    int count = new BytePairMerges(numbers, few).Apply(ids, starts);
                    Assert.AreEqual(expected, string.Join(' ', ids[..count].Select(id => names[id])), $"few {few}");
                    Assert.AreEqual(string.Concat(starts[..count].Select(start => text[start])), string.Concat(ids[..count].Select(
                        id => names[id][0])));
                }
            },
            iter: 2_000,
            threads: 1);
    }

    /// <summary>The square of a million symbols would take hours.</summary>
    [TestMethod]
    [Timeout(60_000, CooperativeCancellation = true)]
    public void Encode_OneWordOfAMillionLetters_IsMergedInTime()
    {
        int[] ids = Small.Ids(new string('a', 1_000_001));

        Assert.HasCount(500_000, ids);
        Assert.AreEqual("aaa", Small.Spec.Tokens[ids[^1]]);
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2Words();

    /// <summary>Letters beyond 16 bits are left out: .NET's expressions, which ML.NET splits with, do not know them as letters.</summary>
    [TestMethod]
    public void Encode_AnyText_GivesMLNetsIds()
    {
        var other = BpeTokenizer.Create(new BpeOptions(Small.Spec.Tokens.Select((token, id) => KeyValuePair.Create(token, id)))
        {
            Merges = Merges,
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(Gpt2Words(), null),
        });

        Gen.OneOf(Gen.Char["helotinga 12'sé\n"], Gen.Char["helotinga  '"], Gen.Char["\u0301\u00A0\u3000豈İ½①≠_\t"], Gen.Char['\0', '\uD7FF'])
            .Array[0, 60].Select(units => new string(units)).Sample(
                text => Assert.AreEqual(string.Join(' ', other.EncodeToIds(text)), string.Join(' ', Small.Ids(text))),
                iter: 5_000,
                threads: 1);
    }
}
