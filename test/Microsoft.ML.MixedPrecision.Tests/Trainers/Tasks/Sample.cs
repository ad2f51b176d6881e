using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// A row for every task. With a, b, c, d drawn from −1 to 1, <see cref="Value"/> is 3a − 2b + c; the features are the four, each of another
/// size and place.
/// </summary>
public sealed class Sample
{
    public const int FeatureCount = 4;
    public static readonly string[] Kinds = ["low", "middle", "high"];

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    /// <summary>a, which matters.</summary>
    public float A { get; set; }

    /// <summary>d, which does not.</summary>
    public float D { get; set; }

    public bool Answer { get; set; }

    public string Kind { get; set; } = "";

    public float Value { get; set; }

    [VectorType(3)]
    public float[] Values { get; set; } = [];

    public float Weight { get; set; } = 1;

    public int Number { get; set; }

    /// <summary>Rows, the same for the same seed.</summary>
    public static Sample[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Row(random, i))];
    }

    private static Sample Row(Random random, int i)
    {
        double a =
            (random.NextDouble() * 2) - 1, b =
                (random.NextDouble() * 2) - 1, c = (random.NextDouble() * 2) - 1, d = (random.NextDouble() * 2) - 1;
        double value = (3 * a) - (2 * b) + c;
        return new Sample
        {
            Features = [(float)a, (float)((10 * b) + 50), (float)(0.1 * c), (float)(100 * d)],
            A = (float)a,
            D = (float)d,
            Answer = value > 0.3,
            Kind = Kinds[value < -1 ? 0 : value < 1 ? 1 : 2],
            Value = (float)value,
            Values = [(float)value, (float)(a + 4), (float)(100 * d * b)],
            Weight = 0.5f + (float)random.NextDouble(),
            Number = i,
        };
    }
}
