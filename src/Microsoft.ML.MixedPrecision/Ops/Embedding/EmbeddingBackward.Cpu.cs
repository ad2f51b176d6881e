using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums of gradients by id, in parts of the table's rows, which threads share.</summary>
internal readonly unsafe struct EmbeddingBackwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly EmbeddingOrder _order;
    private readonly Tensor _dy;
    private readonly Tensor _dtable;
    private readonly bool _accumulate;
    private readonly int _shares;

    private EmbeddingBackwardJob(in EmbeddingOrder order, in Tensor dy, in Tensor dtable, bool accumulate, int shares)
        => (_order, _dy, _dtable, _accumulate, _shares) = (order, dy, dtable, accumulate, shares);

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by id.</summary>
    public static void Run(CpuDevice device, in EmbeddingIds ids, in Tensor dy, in Tensor dtable, bool accumulate)
    {
        using ScratchLease memory = device.RentScratch(EmbeddingOrder.Bytes(dy.Rows, dtable.Rows));
        var order = new EmbeddingOrder(ids, dtable.Rows, memory.Address);

        // Ids are shared out by their rows of dy, not evenly, so that the parts are the units.
        int shares = Partition.Parts(device, ((long)dy.Rows + dtable.Rows) * dy.Columns, LeastElements, dtable.Rows);
        Partition.RunParts(device, new EmbeddingBackwardJob(order, dy, dtable, accumulate, shares), shares, shares);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int last = _order.FirstOf((int)end, _shares);
        for (int id = _order.FirstOf((int)start, _shares); id < last; id++)
        {
            var target = (float*)_dtable.Row(id);
            ReadOnlySpan<int> positions = _order.Of(id);
            if (!positions.IsEmpty)
            {
                Sum<TLanes, TVector>(positions, target);
            }
            else if (!_accumulate)
            {
                new Span<float>(target, _dtable.Columns).Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum<TLanes, TVector>(ReadOnlySpan<int> positions, float* target)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i <= _dy.Columns - (4 * TLanes.Count); i += 4 * TLanes.Count)
        {
            Four<TLanes, TVector>(positions, target, i);
        }

        for (; i <= _dy.Columns - TLanes.Count; i += TLanes.Count)
        {
            One<TLanes, TVector>(positions, target, i);
        }

        for (; i < _dy.Columns; i++)
        {
            One<LanesPortable, float>(positions, target, i);
        }
    }

    /// <summary>Four vectors of columns at once, so that a row's cache lines are read whole.</summary>
    private void Four<TLanes, TVector>(ReadOnlySpan<int> positions, float* target, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _dy.Format.Storage();
        TVector total0 = TLanes.Broadcast(0), total1 = total0, total2 = total0, total3 = total0;
        for (int first = 0; first < positions.Length; first += EmbeddingKernel.Chunk)
        {
            TVector sum0 = TLanes.Broadcast(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
            foreach (int position in ChunkAt(positions, first))
            {
                void* row = _dy.Row(position);
                sum0 = TLanes.Add(sum0, FormatLanes<TLanes, TVector>.Load(format, row, column));
                sum1 = TLanes.Add(sum1, FormatLanes<TLanes, TVector>.Load(format, row, column + TLanes.Count));
                sum2 = TLanes.Add(sum2, FormatLanes<TLanes, TVector>.Load(format, row, column + (2 * TLanes.Count)));
                sum3 = TLanes.Add(sum3, FormatLanes<TLanes, TVector>.Load(format, row, column + (3 * TLanes.Count)));
            }

            total0 = TLanes.Add(total0, sum0);
            total1 = TLanes.Add(total1, sum1);
            total2 = TLanes.Add(total2, sum2);
            total3 = TLanes.Add(total3, sum3);
        }

        Store<TLanes, TVector>(total0, target + column);
        Store<TLanes, TVector>(total1, target + column + TLanes.Count);
        Store<TLanes, TVector>(total2, target + column + (2 * TLanes.Count));
        Store<TLanes, TVector>(total3, target + column + (3 * TLanes.Count));
    }

    private void One<TLanes, TVector>(ReadOnlySpan<int> positions, float* target, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _dy.Format.Storage();
        TVector total = TLanes.Broadcast(0);
        for (int first = 0; first < positions.Length; first += EmbeddingKernel.Chunk)
        {
            TVector sum = TLanes.Broadcast(0);
            foreach (int position in ChunkAt(positions, first))
            {
                sum = TLanes.Add(sum, FormatLanes<TLanes, TVector>.Load(format, _dy.Row(position), column));
            }

            total = TLanes.Add(total, sum);
        }

        Store<TLanes, TVector>(total, target + column);
    }

    private void Store<TLanes, TVector>(TVector total, float* target)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => TLanes.Store(_accumulate ? TLanes.Add(TLanes.Load(target), total) : total, target);

    private static ReadOnlySpan<int> ChunkAt(ReadOnlySpan<int> positions, int first)
        => positions.Slice(first, Math.Min(EmbeddingKernel.Chunk, positions.Length - first));
}
