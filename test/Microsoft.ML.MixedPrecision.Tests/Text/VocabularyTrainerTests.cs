using CsCheck;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>Vocabularies that are trained on texts.</summary>
[TestClass]
public sealed class VocabularyTrainerTests
{
    /// <summary>Sennrich's example: the words, their counts and the merges that follow.</summary>
    [TestMethod]
    public void WordPiece_SennrichsWords_AreMergedByHand()
    {
        string text = string.Join(' ', Repeat("low", 5), Repeat("lower", 2), Repeat("newest", 6), Repeat("widest", 3));
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.TrainWordPiece(33), text);

        // Frequencies: e 17, w 16, s 9, t 9, l 7, o 7, n 6, i 3, d 3, r 2; e, w, s, t, o, i, d, r also occur within words.
        Assert.AreEqual(
            "e ##e w ##w s ##s t ##t l o ##o n d ##d i ##i r ##r",
            string.Join(' ', tokenizer.Spec.Tokens.Skip(5).Take(18)));

        // es 9 before st 9, est 9; lo 7 before ow 7, low; ew 6 before ne 6 and west 6, new, newest; wi 3, dest, widest.
        Assert.AreEqual("##es ##est lo low ##ew new newest wi ##dest widest", string.Join(' ', tokenizer.Spec.Tokens.Skip(23)));
    }

    [TestMethod]
    public void WordPiece_AnyWords_HaveThePlainReferencesVocabulary()
        => Gen.Select(Gen.String[Gen.Char["aabbcd é"], 0, 80], Gen.Int[12, 60]).Sample(
            (text, size) =>
            {
                var counts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).CountBy(word => word).ToDictionary();
                var items = new ItemCounts();
                foreach ((string word, int count) in counts)
                {
                    for (int time = 0; time < count; time++)
                    {
                        items.Add(word);
                    }
                }

                IReadOnlyList<string> tokens = WordPieceLearner.Learn(items.Sorted(), SpecialTokens.Names, "##", size);
                IEnumerable<string> alphabet = tokens.Skip(5)
                    .TakeWhile(token => token.Length == 1 || (token.Length == 3 && token[0] == '#'));

                Assert.AreEqual(
                    string.Join(' ', MergeReference.LearnWordPiece(counts, [.. SpecialTokens.Names, .. alphabet], size)),
                    string.Join(' ', tokens));
                Assert.IsLessThanOrEqualTo(size, tokens.Count);
            },
            iter: 2_000,
            threads: 1);

    [TestMethod]
    public void WordPiece_OfManyCharacters_HasTheMostFrequentThousand()
    {
        // 1,100 syllables of Yi, each a word, the first 900 twice.
        string[] letters = [.. Enumerable.Range(0xA000, 1100).Select(code => ((char)code).ToString())];
        Tokenizer tokenizer = TestTokenizers.Train(
            TextTokenizer.TrainWordPiece(),
            string.Join(' ', letters),
            string.Join(' ', letters[..900]));

        Assert.AreEqual(1005, tokenizer.Count);
        Assert.AreEqual($"{letters[999]} [UNK]", tokenizer.Tokens($"{letters[999]} {letters[1000]}"));
    }

    [TestMethod]
    public void WordPiece_AlphabetBeyondTheSize_KeepsTheMostFrequent()
    {
        Tokenizer tokenizer = TestTokenizers.Train(TextTokenizer.TrainWordPiece(10), "aaa bb c");

        Assert.AreEqual("a ##a b ##b c", string.Join(' ', tokenizer.Spec.Tokens.Skip(5)));
        Assert.AreEqual("a ##b c [UNK]", tokenizer.Tokens("ab c ac"));
    }

    [TestMethod]
    public void Train_EachKind_BeginsWithTheSpecialTokensAndRespectsItsSize()
    {
        TextTokenizer[] all = [TextTokenizer.TrainWordPiece(12), TextTokenizer.TrainWords(12), TextTokenizer.Characters(12)];
        foreach (TextTokenizer description in all)
        {
            Tokenizer tokenizer = TestTokenizers.Train(description, "a b c d e f g h i j k l m", null, "");

            Assert.AreEqual("[PAD] [UNK] [CLS] [SEP] [MASK]", string.Join(' ', tokenizer.Spec.Tokens.Take(5)));
            Assert.AreEqual(new SpecialTokens(0, 1, 2, 3, 4), tokenizer.Special);
            Assert.AreEqual(12, tokenizer.Count);
            Assert.AreEqual(5, TestTokenizers.Train(description).Count, "of no text");
        }
    }

    [TestMethod]
    public void Train_LowerCase_DecidesWhatIsCounted()
    {
        Assert.AreEqual("cafe", TestTokenizers.Train(TextTokenizer.TrainWordPiece(), "Café café").Tokens("CAFÉ"));
        Assert.AreEqual("[UNK]", TestTokenizers.Train(TextTokenizer.TrainWordPiece(lowerCase: false), "Café café").Tokens("CAFÉ"));
        Assert.AreEqual("Café", TestTokenizers.Train(TextTokenizer.TrainWordPiece(lowerCase: false), "Café Café").Tokens("Café"));
    }

    [TestMethod]
    public void Train_SameTextsInTheSameOrder_GiveTheSameBits()
    {
        string[] texts = [.. Enumerable.Range(0, 500).Select(row => string.Join(' ', Enumerable.Range(0, 20).Select(
            word => ((row * 7919) + (word * 104729)) % 977)))];

        Assert.AreEqual(Document(TextTokenizer.TrainWordPiece(400), texts), Document(TextTokenizer.TrainWordPiece(400), texts));
        Assert.AreEqual(
            Document(TextTokenizer.TrainWords(400), texts),
            Document(TextTokenizer.TrainWords(400), [.. texts.Reverse()]),
            "as long as nothing is forgotten, in any order");
    }

    [TestMethod]
    public void Train_MoreWordsThanAreHeld_ForgetsTheSeldomOnes()
    {
        var trainer = new VocabularyTrainer(TextTokenizer.TrainWords(), mostWords: 4);

        // The fifth word, e, is one too many: half of 4 may stay, the third most frequent has count 3, so c, b and e go.
        trainer.Add("a a a a a a b b c c c d d d d e");
        trainer.Add("e e c");
        Tokenizer tokenizer = trainer.Train();

        CollectionAssert.AreEqual(new[] { "a", "d", "e", "c" }, tokenizer.Spec.Tokens.Skip(5).ToArray());
    }

    [TestMethod]
    public void Train_WordsLongerThanAllowed_AreNotCounted()
    {
        string word = new('x', 101);

        Assert.AreEqual("[UNK] x", TestTokenizers.Train(TextTokenizer.TrainWords(), word, "x").Tokens(word + " x"));
        Assert.AreEqual(6, TestTokenizers.Train(TextTokenizer.TrainWords(), word, "x").Count);
    }

    private static string Repeat(string word, int times) => string.Join(' ', Enumerable.Repeat(word, times));

    private static string Document(TextTokenizer description, string[] texts)
    {
        using var stream = new MemoryStream();
        TestTokenizers.Train(description, texts).Write(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
