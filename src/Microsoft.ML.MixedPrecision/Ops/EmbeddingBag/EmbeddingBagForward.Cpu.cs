using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The sums of the examples of a batch, which threads share.</summary>
internal readonly unsafe struct EmbeddingBagForwardJob : IRangeKernel
{
    private const int LeastProducts = 8192;

    /// <summary>Entries that an example has more or less, for the share of a thread: most of the room for them is empty.</summary>
    private const int UsualEntries = 256;

    private readonly EmbeddingIds _entries;
    private readonly Tensor _table;
    private readonly Tensor _y;

    private EmbeddingBagForwardJob(in EmbeddingIds entries, in Tensor table, in Tensor y)
        => (_entries, _table, _y) = (entries, table, y);

    /// <summary>y = the sums, all slots being within.</summary>
    public static void Run(CpuDevice device, in EmbeddingIds entries, in Tensor table, in Tensor y)
    {
        long work = (long)y.Rows * Math.Min(entries.PerExample, UsualEntries) * y.Columns;
        Partition.Run(device, new EmbeddingBagForwardJob(entries, table, y), y.Rows, work, LeastProducts);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var entries = (SparseEntry*)_entries.Words.Address;
        for (int row = (int)start; row < end; row++)
        {
            BagSum.Run<TLanes, TVector>(entries + ((long)row * _entries.PerExample), _entries.PerExample, _table, _y.Row(row));
        }
    }
}
