using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The sum of one sparse row on the CPU: y = Σⱼ vⱼ·W[sⱼ], in training and in scoring alike.</summary>
/// <param name="entries">The row's entries, all of slots that the table has.</param>
/// <param name="count">How many, at most; they end before one of no slot.</param>
/// <param name="table">W: (V, D).</param>
/// <param name="y">Receives D numbers in the storage format of the table.</param>
internal readonly unsafe struct BagSum(SparseEntry* entries, int count, Tensor table, void* y) : IVectorKernel
{
    /// <inheritdoc/>
    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => Run<TLanes, TVector>(entries, count, table, y);

    /// <inheritdoc cref="BagSum"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TLanes, TVector>(SparseEntry* entries, int count, in Tensor table, void* y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        count = CountOf(entries, count);
        int column = 0;
        for (; column <= table.Columns - (2 * TLanes.Count); column += 2 * TLanes.Count)
        {
            Two<TLanes, TVector>(entries, count, table, y, column);
        }

        for (; column <= table.Columns - TLanes.Count; column += TLanes.Count)
        {
            One<TLanes, TVector>(entries, count, table, y, column);
        }

        for (; column < table.Columns; column++)
        {
            One<LanesPortable, float>(entries, count, table, y, column);
        }
    }

    private static int CountOf(SparseEntry* entries, int most)
    {
        int count = 0;
        while (count < most && entries[count].Slot != SparseEntry.None)
        {
            count++;
        }

        return count;
    }

    /// <summary>Two vectors of columns at once, so that a row's cache lines are read whole.</summary>
    private static void Two<TLanes, TVector>(SparseEntry* entries, int count, in Tensor table, void* y, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = table.Format.Storage();
        TVector total0 = TLanes.Broadcast(0), total1 = total0;
        for (int first = 0; first < count; first += EmbeddingKernel.Chunk)
        {
            TVector sum0 = TLanes.Broadcast(0), sum1 = sum0;
            int end = Math.Min(count, first + EmbeddingKernel.Chunk);
            for (int i = first; i < end; i++)
            {
                void* row = table.Row(entries[i].Slot);
                TVector value = TLanes.Broadcast(entries[i].Value);
                sum0 = TLanes.FusedMultiplyAdd(FormatLanes<TLanes, TVector>.Load(format, row, column), value, sum0);
                sum1 = TLanes.FusedMultiplyAdd(FormatLanes<TLanes, TVector>.Load(format, row, column + TLanes.Count), value, sum1);
            }

            total0 = TLanes.Add(total0, sum0);
            total1 = TLanes.Add(total1, sum1);
        }

        FormatLanes<TLanes, TVector>.Store(format, total0, y, column);
        FormatLanes<TLanes, TVector>.Store(format, total1, y, column + TLanes.Count);
    }

    private static void One<TLanes, TVector>(SparseEntry* entries, int count, in Tensor table, void* y, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = table.Format.Storage();
        TVector total = TLanes.Broadcast(0);
        for (int first = 0; first < count; first += EmbeddingKernel.Chunk)
        {
            TVector sum = TLanes.Broadcast(0);
            int end = Math.Min(count, first + EmbeddingKernel.Chunk);
            for (int i = first; i < end; i++)
            {
                TVector weight = FormatLanes<TLanes, TVector>.Load(format, table.Row(entries[i].Slot), column);
                sum = TLanes.FusedMultiplyAdd(weight, TLanes.Broadcast(entries[i].Value), sum);
            }

            total = TLanes.Add(total, sum);
        }

        FormatLanes<TLanes, TVector>.Store(format, total, y, column);
    }
}
