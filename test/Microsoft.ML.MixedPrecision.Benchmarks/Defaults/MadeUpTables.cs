namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>Tables that are drawn from formulas: some that suit networks, some that suit trees, and some that suit neither.</summary>
internal static class MadeUpTables
{
    private const int Cities = 200;
    private const int Columns = 10;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ExampleTable> All { get; } =
    [
        new("customers", Question.Binary, [nameof(Example.A), nameof(Example.B), nameof(Example.C), nameof(Example.D)], Customers),
        Numbers("logistic", (x, noise) => x.Select((value, i) => value * ((i % 5) - 2)).Sum() + noise),
        Numbers("interactions", (x, noise) => (2 * x[0] * x[1]) + (2 * x[2] * x[3]) - (x[4] * x[5]) + noise),
        Numbers(
            "rotated",
            (x, noise) => 2 * (Math.Abs(x.Take(5).Sum() / Math.Sqrt(5)) + Math.Abs((x[0] - x[1] + x[2] - x[3]) / 2) - 1.5) + noise),
        Numbers(
            "thresholds",
            (x, noise) => (2 * Sign(x[0] - 0.3) * Sign(x[1]))
                + (2 * Sign(x[2] + 0.5) * Sign(x[3] - 0.2))
                + (Sign(x[4]) * Sign(x[5]))
                + noise),
        Amounts("linear", (x, noise) => x.Select((value, i) => value * (i + 1)).Sum() + (10 * noise)),
        Amounts("periodic", (x, noise) => Math.Sin(3 * x[0]) + Math.Cos(2 * x[1] * x[2]) + (0.5 * x[3]) + (0.2 * noise)),
        Amounts("steps", (x, noise) => (3 * Sign(x[0])) + (2 * Sign(x[1] - 0.5) * Sign(x[2])) + (x[3] > 1 ? 4 : 0) + (0.5 * noise)),
    ];

    /// <summary>
    /// Customers of a subscription, of whom about a quarter leave: 4 categories, one of 200 values with an effect each (the common ones by
    /// Zipf's law), 7 numbers of sizes from 0.1
    /// to 10⁵, two of which have gaps, and mild interactions. With the formula's own probability the area under the ROC curve is about
    /// 0.82.
    /// </summary>
    private static Example[] Customers(int count, int seed)
    {
        var random = new Random(seed);
        float[] city = new float[Cities];
        Normal.Fill(random, city);
        double[] weight = [.. Enumerable.Range(0, Cities).Select(i => 1.0 / (i + 5))];
        return [.. Enumerable.Range(0, count).Select(_ => Customer(random, city, weight))];
    }

    private static Example Customer(Random random, float[] city, double[] weight)
    {
        float[] z = new float[8];
        Normal.Fill(random, z);
        int place =
            Draw(random, weight), plan = Draw(random, [5, 3, 1.5, 0.5]), channel = Draw(random, [4, 3, 2, 1, 1]), region = place % 8;
        double income = 30_000 * Math.Exp(0.6 * z[0]),
        age = Math.Clamp(45 + (15 * z[1]), 18, 95),
        months = 40 * -Math.Log(1 - random.NextDouble());
        double bill = 20 + (15 * plan)
            + (8 * Math.Abs(z[2])),
            calls = Math.Floor(Math.Exp(0.7 * z[3])),
            usage = Math.Exp((0.8 * z[4]) + 3),
            since = 2024 - Math.Floor(months / 12);
        double score = -1.35 + (0.8 * city[place])
            + (0.4 * (plan - 1)) - (0.35 * (channel - 1)) - (0.6 * Math.Log(1 + (months / 12)))
            + (0.5 * Math.Min(calls, 4)) - (0.3 * z[0])
            + (plan == 0 && calls > 1 ? 0.6 : 0) + (0.25 * (bill - 35) / 15) - (0.012 * (age - 45));
        bool noIncome = random.NextDouble() < 0.08, noUsage = random.NextDouble() < 0.05;
        return new Example
        {
            A = $"city {place}",
            B = $"plan {plan}",
            C = $"channel {channel}",
            D = $"region {region}",
            Numbers = [
                noIncome ? float.NaN : (float)income,
                (float)age,
                (float)months,
                (float)bill,
                (float)calls,
                noUsage ? float.NaN : (float)usage,
                (float)since],
            Yes = random.NextDouble() < 1 / (1 + Math.Exp(-score)),
        };
    }

    private static ExampleTable Numbers(string name, Func<double[], double, double> score)
        => new(name, Question.Binary, [], (count, seed) => Draw(count, seed, score, (example, value) => example.Yes = value > 0));

    private static ExampleTable Amounts(string name, Func<double[], double, double> amount)
        => new(
            name,
            Question.Regression,
            [],
            (count, seed) => Draw(count, seed, amount, (example, value) => example.Amount = (float)value));

    /// <summary>Rows of ten standard normal numbers; what is seen of each has a place and a size of its own: 100·j + 10ʲ⁻³·x.</summary>
    private static Example[] Draw(int count, int seed, Func<double[], double, double> formula, Action<Example, double> label)
    {
        var random = new Random(seed);
        var examples = new Example[count];
        float[] drawn = new float[Columns + 1];
        for (int i = 0; i < count; i++)
        {
            Normal.Fill(random, drawn);
            examples[i] = new Example
            {
                Numbers = [.. drawn.Take(Columns).Select((value, j) => (float)((100 * j) + (Math.Pow(10, (j % 5) - 1) * value)))],
            };
            label(examples[i], formula([.. drawn.Take(Columns).Select(value => (double)value)], drawn[Columns]));
        }

        return examples;
    }

    private static int Draw(Random random, double[] weight)
    {
        double at = random.NextDouble() * weight.Sum();
        int i = 0;
        while (i < weight.Length - 1 && (at -= weight[i]) > 0)
        {
            i++;
        }

        return i;
    }

    private static int Sign(double value) => value > 0 ? 1 : -1;
}
