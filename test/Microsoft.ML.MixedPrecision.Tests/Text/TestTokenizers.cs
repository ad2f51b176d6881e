using CsCheck;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Small tokenizers, and texts that are hard on them.</summary>
internal static class TestTokenizers
{
    /// <summary>Characters that are trouble: NUL, halves of characters, marks, joiners, spaces of all kinds, ideographs of all planes,
    /// Hangul, letters whose case or decomposition is odd, emoji, unassigned and private ones.</summary>
    public const string Enemies = "\0\uFFFD\uD800\uDC00\u0301\u0344\u200D\u200B\u00AD\u00A0\u3000\u2028\u0085\t\n\r\f\v你豈\uD840\uDC00가힣각"
        + "ÀéİıßẞΣςﬁǅＡ≠⁺①\u037E\u1FEFʰ❤\uFE0F\uD83D\uDE00\uD83C\uDDE9\uD83D\uDC68\uD835\uDC00\uD83A\uDD00\u0378\uE000\uFFFF\uD834\uDD60";

    /// <summary>Texts of letters, punctuation, spaces, enemies and any unit at all.</summary>
    public static Gen<string> Texts { get; } = Gen.OneOf(
            Gen.Char["abcABC"],
            Gen.Char["abcABC"],
            Gen.Char[" .,'#-$<_1"],
            Gen.Char[Enemies],
            Gen.Char)
        .Array[0, 60].Select(units => new string(units));

    /// <summary>A WordPiece tokenizer of tokens that follow [PAD] [UNK] [CLS] [SEP] [MASK].</summary>
    public static Tokenizer WordPiece(bool uncased, params string[] tokens) => Tokenizer.Create(new TokenizerSpec
    {
        Kind = TokenizerKind.WordPiece,
        Tokens = [.. SpecialTokens.Names, .. tokens],
        Special = SpecialTokens.Trained,
        LowerCase = uncased,
        StripAccents = uncased,
    });

    /// <summary>A byte-pair tokenizer: the 256 bytes by value, then a token a merge, then &lt;s&gt; and &lt;/s&gt;.</summary>
    public static Tokenizer BytePairs(bool addSpace, params string[] merges)
    {
        string[] tokens = [.. Bytes(), .. merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)), "<s>", "</s>"];
        return Tokenizer.Create(new TokenizerSpec
        {
            Kind = TokenizerKind.BytePairs,
            Tokens = tokens,
            Special = new SpecialTokens(null, null, tokens.Length - 2, tokens.Length - 1, null),
            Form = SequenceForm.Roberta,
            Merges = merges,
            AddSpace = addSpace,
        });
    }

    /// <summary>The letters of the 256 bytes.</summary>
    public static IEnumerable<string> Bytes() => Enumerable.Range(0, 256).Select(value => ByteAlphabet.LetterOf((byte)value).ToString());

    /// <summary>A tokenizer trained on texts.</summary>
    public static Tokenizer Train(TextTokenizer description, params string?[] texts)
    {
        var trainer = new VocabularyTrainer(description);
        foreach (string? text in texts)
        {
            trainer.Add(text);
        }

        return trainer.Train();
    }

    /// <summary>The ids of a text.</summary>
    public static int[] Ids(this Tokenizer tokenizer, string? text)
    {
        var ids = new List<int>();
        Assert.AreEqual(tokenizer.Encode(text, ids), ids.Count);
        return [.. ids];
    }

    /// <summary>The tokens of a text, with spaces between them.</summary>
    public static string Tokens(this Tokenizer tokenizer, string? text)
        => string.Join(' ', tokenizer.Ids(text).Select(id => tokenizer.Spec.Tokens[id]));

    /// <summary>What of a text each token is, with the number of its word.</summary>
    public static string Places(this Tokenizer tokenizer, string text)
    {
        var spans = new List<TokenSpan>();
        tokenizer.Encode(text, [], spans);
        return string.Join('|', spans.Select(span => $"{span.Word}:{text.Substring(span.Start, span.Length)}"));
    }

    /// <summary>Checks that each token is somewhere in the text, none before the one before it.</summary>
    public static void AssertPlaces(Tokenizer tokenizer, string text)
    {
        var ids = new List<int>();
        var spans = new List<TokenSpan>();
        tokenizer.Encode(text, ids, spans);
        Assert.HasCount(ids.Count, spans);
        TokenSpan before = new(0, 0, -1);
        foreach (TokenSpan span in spans)
        {
            Assert.IsTrue(
                span.Start >= before.Start && span.Length > 0 && span.Start + span.Length <= text.Length
                    && span.Word >= before.Word && span.Word <= before.Word + 1,
                $"{span} behind {before} in {text.Length} units");
            before = span;
        }
    }
}
