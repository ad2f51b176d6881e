namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

/// <summary>A row of a made-up set of texts: its class is that of one word, wherever it stands among others.</summary>
internal sealed class TextRow
{
    private static readonly string[][] Words =
    [
        ["cat", "dog", "horse", "bird", "mouse"], ["hammer", "saw", "drill", "wrench", "chisel"],
        ["bread", "cheese", "apple", "soup", "rice"],
    ];

    public string Text { get; set; } = "";

    public string Other { get; set; } = "";

    public string Group { get; set; } = "";

    public bool IsTool { get; set; }

    public float Number { get; set; }

    /// <summary>Rows of 1 to 12 words.</summary>
    public static TextRow[] Rows(int count, int seed = 3)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            string[] words = [.. Enumerable.Range(0, random.Next(1, 13)).Select(_ => $"w{random.Next(30)}")];
            words[random.Next(words.Length)] = Words[i % 3][random.Next(5)];
            return new TextRow
            {
                Text = string.Join(' ', words),
                Other = $"w{random.Next(30)}",
                Group = $"group {i % 3}",
                IsTool = i % 3 == 1,
                Number = (10 * (i % 3)) - 5,
            };
        })];
    }
}

/// <summary>What a model makes of a row.</summary>
internal sealed class TextScore
{
    public float[] Score { get; set; } = [];
}
