namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary>A row of columns of several types; whether the answer is yes depends on all but the noise.</summary>
public sealed class Person
{
    private static readonly string[] Cities = ["Berlin", "Rome", "Paris", "Oslo", "Kyiv"];

    public float Age { get; set; }

    public int Children { get; set; }

    public double Income { get; set; }

    public bool Owns { get; set; }

    public string City { get; set; } = "";

    [Microsoft.ML.Data.VectorType(2)]
    public float[] Noise { get; set; } = [0, 0];

    public bool Label { get; set; }

    /// <summary>Rows, the same for the same seed.</summary>
    public static Person[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    private static Person Row(Random random)
    {
        int city = random.Next(Cities.Length);
        var person = new Person
        {
            Age = 20 + (50 * random.NextSingle()),
            Children = random.Next(5),
            Income = Math.Exp(10 + random.NextDouble()),
            Owns = random.Next(2) == 1,
            City = Cities[city],
            Noise = [random.NextSingle(), random.NextSingle()],
        };
        double score = ((person.Age - 45) / 10) + person.Children - 2 + (Math.Log(person.Income) - 10.5) + (person.Owns ? 1 : -1)
            + (city % 2 == 0 ? 2 : -2);
        person.Label = score > 0;
        return person;
    }
}
