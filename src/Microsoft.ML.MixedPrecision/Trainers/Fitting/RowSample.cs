using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Prepared features of rows that train, for what is fitted to them before the first step.</summary>
/// <param name="Values">x: (rows, columns), row by row.</param>
/// <param name="Rows">Rows.</param>
internal sealed record RowSample(float[] Values, int Rows)
{
    /// <summary>Rows that are looked at, drawn where there are more: a deviation of so many is within 1 % of that of all.</summary>
    private const int MostRows = 8192;

    /// <summary>Columns.</summary>
    public int Columns => Values.Length / Rows;

    /// <summary>All rows that train, but those of weight 0, or so many of them by chance, each at most once.</summary>
    /// <param name="store">Rows, prepared.</param>
    /// <param name="rows">Numbers of those that train.</param>
    /// <param name="seed">The user's seed.</param>
    /// <returns>Null where no row counts.</returns>
    public static unsafe RowSample? Draw(RowStore store, ReadOnlySpan<int> rows, int seed)
    {
        int[] drawn = Some(CountedRows.Of(store, rows), seed);
        if (drawn.Length == 0)
        {
            return null;
        }

        using DeviceMemory memory = store.Device.Allocate((long)drawn.Length * store.Features * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, drawn.Length, store.Features, store.Features);
        store.Gather(drawn, x, new int[(long)drawn.Length * store.TargetWords], []);
        return new RowSample(new ReadOnlySpan<float>((void*)memory.Address, drawn.Length * store.Features).ToArray(), drawn.Length);
    }

    private static int[] Some(int[] rows, int seed)
    {
        if (rows.Length <= MostRows)
        {
            return rows;
        }

        var random = new RandomStream(seed, RandomPurpose.DataDrivenStart, 0);
        for (int i = 0; i < MostRows; i++)
        {
            int other = i + random.NextInt32(rows.Length - i);
            (rows[i], rows[other]) = (rows[other], rows[i]);
        }

        return rows[..MostRows];
    }
}
