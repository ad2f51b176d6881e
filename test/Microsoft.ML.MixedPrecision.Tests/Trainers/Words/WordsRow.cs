namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Words;

/// <summary>A row of a made-up set of sentences: a word's tag is told by the word before it where the word alone does not tell
/// it.</summary>
internal sealed class WordsRow
{
    private static readonly string[] Doers = ["they", "we", "dogs"], Things = ["cup", "door", "mousetrap"], Both = ["saw", "can", "drill"];

    public string[] Words { get; set; } = [];

    /// <summary>Of each word its tag; one that is no tag is missing.</summary>
    public string[] Tags { get; set; } = [];

    public float Weight { get; set; } = 1;

    /// <summary>Sentences of 1 to 4 parts: somebody and a verb, or an article and a noun; the same words are both.</summary>
    public static WordsRow[] Rows(int count, int seed = 3)
    {
        var random = new Random(seed);
        string One(string[] of) => of[random.Next(of.Length)];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var words = new List<(string Word, string Tag)>();
            for (int part = random.Next(1, 5); part > 0; part--)
            {
                words.AddRange(random.Next(2) == 0
                    ? [(One(Doers), "who"), (One(Both), "does")]
                    : [("the", "which"), (One(random.Next(3) == 0 ? Things : Both), "what")]);
            }

            return new WordsRow { Words = [.. words.Select(pair => pair.Word)], Tags = [.. words.Select(pair => pair.Tag)] };
        })];
    }
}

/// <summary>What a model makes of a row.</summary>
internal sealed class WordsScore
{
    public uint[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];
}
