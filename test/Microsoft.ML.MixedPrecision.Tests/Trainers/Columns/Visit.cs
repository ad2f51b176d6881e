namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary>A row with a place of up to 500, which are frequent as Zipf's law has it; the answer depends on two numbers and on an effect of
/// each place.</summary>
public sealed class Visit
{
    private const int Places = 500;

    public float First { get; set; }

    public float Second { get; set; }

    public string Place { get; set; } = "";

    public string Kind { get; set; } = "";

    public bool Label { get; set; }

    /// <summary>Rows, the same for the same seed; the rule is the same for all.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the rows.</param>
    /// <param name="others">Whether a tenth of the rows has a place that other rows do not have.</param>
    public static Visit[] Rows(int count, int seed = 1, bool others = false)
    {
        double[] effects = Effects();
        double[] shares = [.. Enumerable.Range(1, Places).Select(rank => 1.0 / rank)];
        double all = shares.Sum();
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random, effects, shares, all, others))];
    }

    private static double[] Effects()
    {
        var random = new Random(99);
        return [.. Enumerable.Range(0, Places).Select(_ => 4 * (random.NextDouble() + random.NextDouble() - 1))];
    }

    private static Visit Row(Random random, double[] effects, double[] shares, double all, bool others)
    {
        double left = random.NextDouble() * all;
        int place = 0;
        while (place < Places - 1 && (left -= shares[place]) > 0)
        {
            place++;
        }

        bool isOther = others && random.Next(10) == 0;
        double first = (2 * random.NextDouble()) - 1, second = (2 * random.NextDouble()) - 1;
        double score = first - second + (isOther ? 0 : effects[place]);
        return new Visit
        {
            First = (float)first,
            Second = (float)second,
            Place = isOther ? $"other {random.Next(50)}" : $"place {place}",
            Kind = random.Next(3) switch { 0 => "a", 1 => "b", _ => "c" },
            Label = random.NextDouble() < 1 / (1 + Math.Exp(-2 * score)),
        };
    }
}
