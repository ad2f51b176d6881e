using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>The same rows twice, as entries and with all their zeros, and two networks of the same function: an embedding bag, and a
/// product without bias, which learns the transposed weights.</summary>
internal static class SparseCase
{
    public const int Slots = 300, Outputs = 3;

    /// <summary>Both stores of so many rows, some of them without entries, one longer than all others.</summary>
    public static (RowStore Sparse, RowStore Dense) Stores(CpuDevice device, NumericFormat format, int rows)
    {
        var sparse = new RowStore(device, RowSchema.SparseTable(format, Slots, hasWeights: true, targetNumbers: null));
        var dense = new RowStore(device, format, Slots, hasWeights: true);
        var random = new Random(5);
        for (int row = 0; row < rows; row++)
        {
            int count = row == 3 ? 150 : row % 7 == 2 ? 0 : 1 + random.Next(12);
            int[] slots = [.. Enumerable.Range(0, Slots).OrderBy(_ => random.Next()).Take(count).Order()];
            float[] values = [.. slots.Select(_ => (float)((random.NextDouble() * 2) - 1))], all = new float[Slots];
            foreach ((int slot, float value) in slots.Zip(values))
            {
                all[slot] = value;
            }

            int label = count == 0 ? 0 : slots[0] * Outputs / Slots;
            float weight = 0.5f + (float)random.NextDouble();
            sparse.Append(new RowFeatures(slots, values), label, weight);
            dense.Append(all, label, weight);
        }

        return (sparse, dense);
    }

    /// <summary>Both networks, with the same starting weights.</summary>
    public static (Network Sparse, Network Dense) Networks()
    {
        NetworkSpec spec = new Perceptron(Slots, [9], ActivationKind.Silu, Outputs, IsSparse: true).ToSpec();
        var sparse = new Network(spec);
        sparse.Initialize(1);
        LayerSpec product = new LinearSpec("bag", sparse.Bag!.Columns, HasNoBias: true);
        var dense = new Network(new NetworkSpec([new NumbersInput("features", Slots)], [product, .. spec.Layers.Skip(1)]));
        Transposed(sparse.Bag.Table).CopyTo(dense.Parameters[0].Values, 0);
        foreach ((Parameter from, Parameter to) in sparse.Parameters.Zip(dense.Parameters).Skip(1))
        {
            from.Values.CopyTo(to.Values, 0);
        }

        return (sparse, dense);
    }

    /// <summary>All weights, those of the bag as the product has them.</summary>
    public static float[] WeightsOf(Network network) =>
    [
        .. network.Bag is null ? network.Parameters[0].Values : Transposed(network.Bag.Table),
        .. network.Parameters.Skip(1).SelectMany(parameter => parameter.Values),
    ];

    private static float[] Transposed(Parameter table)
    {
        float[] values = new float[table.Values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[(i % table.Columns * table.Rows) + (i / table.Columns)] = table.Values[i];
        }

        return values;
    }
}
