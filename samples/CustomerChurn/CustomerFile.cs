using System.Globalization;

namespace CustomerChurn;

/// <summary>
/// Makes samples/data/customers.csv: invented customers of a mail-order firm, and whether they left within a year. The rule behind it is
/// below: no row is a person's. The same seed gives the same file.
/// </summary>
internal static class CustomerFile
{
    private static readonly DateTime Today = new(2025, 1, 1);
    private static readonly string[] Plans = ["basic", "plus", "family", "business"];
    private static readonly string[] Channels = ["web", "phone", "store", "partner"];
    private static readonly string[] Regions = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

    /// <summary>Writes customers.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="rows">How many.</param>
    /// <param name="seed">Seed of the random numbers.</param>
    public static void Write(TextWriter writer, int rows, int seed)
    {
        var random = new Random(seed);
        double[] shopEffects = [.. Enumerable.Range(0, 200).Select(_ => 0.7 * Normal(random))];
        writer.Write("customer,joined,last_order,plan,region,shop,channel,age,income,orders,returns,spend,complaints,churned\n");
        for (int i = 0; i < rows; i++)
        {
            int plan = random.Next(4), region = random.Next(8), shop = random.Next(200), channel = random.Next(4);
            int member = 30 + random.Next(2400), quiet = Math.Min(member - 1, (int)(-60 * Math.Log(1 - random.NextDouble())));
            double age = Math.Clamp(44 + 15 * Normal(random), 18, 90), income = 38000 * Math.Exp(0.5 * Normal(random));
            int orders = 1 + (int)(member / 90.0 * random.NextDouble() * 2);
            int returns = (int)(orders * random.NextDouble() * random.NextDouble());
            double spend = 25 + 12 * plan + 0.0006 * income * random.NextDouble();
            int complaints = random.NextDouble() < 0.2 ? 1 + random.Next(3) : 0;
            bool noAge = random.NextDouble() < 0.08, noIncome = random.NextDouble() < (channel == 1 ? 0.4 : 0.1);

            double left = -2.55 + shopEffects[shop] + 0.009 * quiet * (plan == 3 ? 0.3 : 1) + 0.7 * complaints * (member < 400 ? 2 : 0.6)
                + 2.5 * returns / orders + 0.0018 * (age - 46) * (age - 46) - (noIncome ? -0.5 : 0)
                + 0.8 * Math.Cos(2 * Math.PI * Today.AddDays(-member).DayOfYear / 365.25) * (channel == 0 ? 1 : -0.3)
                - 0.35 * Math.Log(spend * orders / 100) + (region == 4 && plan == 0 ? 1.2 : 0);
            bool churned = random.NextDouble() < 1 / (1 + Math.Exp(-left));
            (string knownAge, string knownIncome) = (noAge ? "" : Text($"{age:F0}"), noIncome ? "" : Text($"{income:F0}"));
            writer.Write(Text($"{i + 1},{Today.AddDays(-member):yyyy-MM-dd},{Today.AddDays(-quiet):yyyy-MM-dd},"));
            writer.Write(Text($"{Plans[plan]},{Regions[region]},S{shop + 1:D3},{Channels[channel]},{knownAge},{knownIncome},"));
            writer.Write(Text($"{orders},{returns},{spend:F2},{complaints},{(churned ? "true" : "false")}\n"));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A normal number, by Box and Muller.</summary>
    private static double Normal(Random random)
        => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
