namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Language;

/// <summary>A language of which all probabilities are known: who comes, one of three with a half, a quarter and a quarter; how, of two
/// alike; and where, which who decides, two words later.</summary>
internal static class Sayings
{
    /// <summary>Tokens of a text, its end included.</summary>
    public const int Tokens = 5;

    /// <summary>Nats of a text on average: ln 2 for how, and ½·ln 2 + 2·¼·ln 4 = 1.5·ln 2 for who.</summary>
    public static readonly double Entropy = 2.5 * Math.Log(2);

    private static readonly string[] Who = ["cats", "cats", "dogs", "birds"], How = ["often", "never"];

    /// <summary>Texts, drawn.</summary>
    public static Saying[] Draw(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Saying
        {
            Text = Say(Who[random.Next(4)], How[random.Next(2)]),
        })];
    }

    /// <summary>All of them, each as often as it is likely to be, so that their mean is the language's.</summary>
    public static Saying[] All => [.. Who.SelectMany(who => How.Select(how => new Saying { Text = Say(who, how) }))];

    private static string Say(string who, string how)
        => $"{who} {how} {(who == "cats" ? "home" : who == "dogs" ? "away" : "south")} .";
}

/// <summary>A text.</summary>
internal sealed class Saying
{
    public string? Text { get; set; }

    public float Weight { get; set; } = 1;
}

/// <summary>What a language model says of it.</summary>
internal sealed class SayingScore
{
    public float LogLikelihood { get; set; }

    public int TokenCount { get; set; }
}
