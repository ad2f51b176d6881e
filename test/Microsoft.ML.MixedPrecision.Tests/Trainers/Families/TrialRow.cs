namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>
/// A row of columns of several types. With left, right and noise drawn evenly from −1 to 1, and the group either, <see cref="Value"/> is
/// 3·left − 2·right, and 1 more or less by the group.
/// </summary>
public sealed class TrialRow
{
    public float Left { get; set; }

    public float Right { get; set; }

    public float Noise { get; set; }

    public string Group { get; set; } = "";

    /// <summary>The group as a number.</summary>
    public float Side { get; set; }

    public bool Answer { get; set; }

    public string Kind { get; set; } = "";

    public float Value { get; set; }

    /// <summary>The rule that makes <see cref="Value"/>.</summary>
    public static double ValueOf(double left, double right, double side) => (3 * left) - (2 * right) + side;

    /// <summary>The rule that makes <see cref="Kind"/>.</summary>
    public static string KindOf(double value) => value < -1 ? "low" : value < 1 ? "middle" : "high";

    /// <summary>The rule that makes <see cref="Answer"/>.</summary>
    public static bool AnswerOf(double value) => value > 0.3;

    /// <summary>Rows, the same for the same seed.</summary>
    public static TrialRow[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    private static TrialRow Row(Random random)
    {
        double left = (random.NextDouble() * 2) - 1, right = (random.NextDouble() * 2) - 1, noise = (random.NextDouble() * 2) - 1;
        bool isUp = random.Next(2) == 1;
        double value = ValueOf(left, right, isUp ? 1 : -1);
        return new TrialRow
        {
            Left = (float)left,
            Right = (float)right,
            Noise = (float)noise,
            Group = isUp ? "up" : "down",
            Side = isUp ? 1 : -1,
            Answer = AnswerOf(value),
            Kind = KindOf(value),
            Value = (float)value,
        };
    }
}
