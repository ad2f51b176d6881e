using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A row of features that are nearly all 0, as those of a text. <see cref="Value"/> is 1 for each entry in the first third of the
/// slots less 1 for each in the last third, and all labels follow from it.</summary>
public sealed class SparseRow
{
    public const int Slots = 12_000;

    [VectorType(Slots)]
    public VBuffer<float> Features { get; set; }

    public bool Answer { get; set; }

    public string Kind { get; set; } = "";

    public float Value { get; set; }

    /// <summary>Rows, the same for the same seed; slots of 60 words, each of which is in many rows.</summary>
    public static SparseRow[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => Row(random))];
    }

    /// <summary>A row of given entries.</summary>
    public static SparseRow Of(int[] slots, float[] values)
    {
        float value = slots.Sum(slot => slot < Slots / 3 ? 1 : slot < 2 * Slots / 3 ? 0 : -1);
        return new SparseRow
        {
            Features = new VBuffer<float>(Slots, slots.Length, values, slots),
            Answer = value > 0,
            Kind = value > 1 ? "high" : value < -1 ? "low" : "middle",
            Value = value,
        };
    }

    private static SparseRow Row(Random random)
    {
        int[] slots = [.. Enumerable.Range(0, random.Next(9)).Select(_ => 200 * random.Next(60)).Distinct().Order()];
        return Of(slots, [.. slots.Select(_ => 1f)]);
    }
}
