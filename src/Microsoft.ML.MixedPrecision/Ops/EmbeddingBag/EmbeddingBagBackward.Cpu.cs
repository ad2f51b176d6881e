using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums of weighted gradients by slot, in parts of the table's rows, which threads share.</summary>
internal readonly unsafe struct EmbeddingBagBackwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly EmbeddingIds _entries;
    private readonly EmbeddingOrder _order;
    private readonly Tensor _dy;
    private readonly Tensor _dtable;
    private readonly bool _accumulate;
    private readonly int _shares;

    private EmbeddingBagBackwardJob(
        in EmbeddingIds entries, in EmbeddingOrder order, in Tensor dy, in Tensor dtable, bool accumulate, int shares)
        => (_entries, _order, _dy, _dtable, _accumulate, _shares) = (entries, order, dy, dtable, accumulate, shares);

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of v·dy by slot.</summary>
    public static void Run(CpuDevice device, in EmbeddingIds entries, in Tensor dy, in Tensor dtable, bool accumulate)
    {
        using ScratchLease memory = device.RentScratch(EmbeddingOrder.Bytes(entries.Count, dtable.Rows));
        var order = new EmbeddingOrder(entries, dtable.Rows, memory.Address);

        // Slots are shared out by their entries, not evenly, so that the parts are the units.
        int shares = Partition.Parts(device, ((long)order.Count + dtable.Rows) * dy.Columns, LeastElements, dtable.Rows);
        Partition.RunParts(device, new EmbeddingBagBackwardJob(entries, order, dy, dtable, accumulate, shares), shares, shares);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int last = _order.FirstOf((int)end, _shares);
        for (int slot = _order.FirstOf((int)start, _shares); slot < last; slot++)
        {
            var target = (float*)_dtable.Row(slot);
            ReadOnlySpan<int> positions = _order.Of(slot);
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
        for (; i <= _dy.Columns - TLanes.Count; i += TLanes.Count)
        {
            One<TLanes, TVector>(positions, target, i);
        }

        for (; i < _dy.Columns; i++)
        {
            One<LanesPortable, float>(positions, target, i);
        }
    }

    private void One<TLanes, TVector>(ReadOnlySpan<int> positions, float* target, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _dy.Format.Storage();
        var entries = (SparseEntry*)_entries.Words.Address;
        TVector total = TLanes.Broadcast(0);
        for (int first = 0; first < positions.Length; first += EmbeddingKernel.Chunk)
        {
            TVector sum = TLanes.Broadcast(0);
            foreach (int position in positions.Slice(first, Math.Min(EmbeddingKernel.Chunk, positions.Length - first)))
            {
                TVector dy = FormatLanes<TLanes, TVector>.Load(format, _dy.Row(position / _entries.PerExample), column);
                sum = TLanes.FusedMultiplyAdd(dy, TLanes.Broadcast(entries[position].Value), sum);
            }

            total = TLanes.Add(total, sum);
        }

        TLanes.Store(_accumulate ? TLanes.Add(TLanes.Load(target + column), total) : total, target + column);
    }
}
