namespace Microsoft.ML.MixedPrecision.Tests.Trainers.TabularTransformers;

/// <summary>A row whose kind turns what its first number says around, so that neither says anything alone; the second number says nothing
/// and has gaps.</summary>
public sealed class Twist
{
    public float First { get; set; }

    public float Second { get; set; }

    public string Kind { get; set; } = "";

    public bool IsUp { get; set; }

    public float Height { get; set; }

    public string Side { get; set; } = "";

    /// <summary>Rows, the same for the same seed.</summary>
    public static Twist[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    private static Twist Row(Random random)
    {
        float first = (2 * random.NextSingle()) - 1;
        bool isTurned = random.Next(2) == 0;
        float height = isTurned ? -first : first;
        return new Twist
        {
            First = first,
            Second = random.Next(10) == 0 ? float.NaN : random.NextSingle(),
            Kind = isTurned ? "turned" : random.Next(2) == 0 ? "straight" : "plain",
            IsUp = height > 0,
            Height = height,
            Side = height < -0.3f ? "low" : height > 0.3f ? "high" : "middle",
        };
    }
}
