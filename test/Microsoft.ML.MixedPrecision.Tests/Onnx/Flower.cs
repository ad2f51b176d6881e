using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>A row of made-up data whose class follows from its numbers, with each class as text, whole number and float.</summary>
internal sealed class Flower
{
    private static readonly string[] Kinds = ["setosa", "versicolor", "virginica"];

    public float Length { get; set; }

    public double Width { get; set; }

    [VectorType(2)]
    public float[] Petal { get; set; } = [];

    public string Kind { get; set; } = "";

    public int Number { get; set; }

    public float Fraction { get; set; }

    /// <summary>Rows with the same seed are the same.</summary>
    public static IDataView Rows(MLContext ml, int count, int seed = 3)
    {
        var random = new Random(seed);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            int kind = random.Next(3);
            return new Flower
            {
                Length = (random.NextSingle() + (kind * 0.7f)) * 10,
                Width = random.NextDouble() - (kind * 0.6),
                Petal = [random.NextSingle() * 100, -5 + random.NextSingle() + kind],
                Kind = Kinds[kind],
                Number = (kind * 10) - 5,
                Fraction = kind + 0.25f,
            };
        }).ToList());
    }
}
