using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Tests.Text;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Language;

/// <summary>How texts are cut into windows.</summary>
[TestClass]
public sealed class TokenWindowsTests
{
    /// <summary>[CLS] is 2 and [SEP] 3; characters come behind the five special tokens, the most frequent first.</summary>
    private static readonly Tokenizer Letters = TestTokenizers.Train(TextTokenizer.Characters(50), "aaaabbbccd");

    [TestMethod]
    public void Read_ShortText_PredictsItAndItsEnd() => AssertWindows("abc", 8, ([2, 5, 6, 7], [5, 6, 7, 3]));

    [TestMethod]
    public void Read_LongText_GoesOnWithTheLastToken()
        => AssertWindows("abcd", 2, ([2, 5], [5, 6]), ([6, 7], [7, 8]), ([8], [3]));

    [TestMethod]
    public void Read_EmptyText_PredictsItsEnd() => AssertWindows("", 4, ([2], [3]));

    [TestMethod]
    public void Read_TextThatFills_HasNoEmptyWindow() => AssertWindows("abc", 4, ([2, 5, 6, 7], [5, 6, 7, 3]));

    /// <summary>Byte pairs have no token that begins or ends a text: the first token is read only.</summary>
    [TestMethod]
    public void Read_VocabularyWithoutEnds_PredictsAllButTheFirst()
    {
        Tokenizer tokenizer = Tokenizer.Create(TestTokenizers.BytePairs(addSpace: false).Spec with
        {
            Form = SequenceForm.Plain,
            Special = new SpecialTokens(null, null, null, null, null),
        });
        var ids = new List<int>();
        tokenizer.Encode("ab", ids);
        var windows = new TokenWindows(tokenizer, 4);

        windows.Read("ab");
        Assert.AreEqual(ids.Count - 1, windows.Predictions);
        windows.Read("");
        Assert.AreEqual(0, windows.Count);
    }

    private static void AssertWindows(string text, int most, params (int[] Read, int[] Predicted)[] expected)
    {
        var windows = new TokenWindows(Letters, most);

        windows.Read(text);

        Assert.AreEqual(expected.Length, windows.Count);
        Assert.AreEqual(expected.Sum(window => window.Predicted.Length), windows.Predictions);
        for (int window = 0; window < expected.Length; window++)
        {
            CollectionAssert.AreEqual(expected[window].Read, windows.Read(window).ToArray());
            CollectionAssert.AreEqual(expected[window].Predicted, windows.Predicted(window).ToArray());
        }
    }
}
