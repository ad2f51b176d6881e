using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Products of sparse rows with a table and, backward, the sums of what comes back to each of its rows: y[n] = Σⱼ vⱼ·W[sⱼ],
/// dW[s] = Σ vⱼ·dy[n] over the entries (n, j) with sⱼ = s.
/// </summary>
/// <remarks>Both sums are in Float32, <see cref="EmbeddingKernel.Chunk"/> terms one after another (each v·w added with one rounding), and
/// the sums of such chunks one after another; forward in the order of an example's entries, backward in that of the batch: on either
/// engine, on any number of threads and of any vector width the same order, so the same bits.</remarks>
internal static partial class EmbeddingBagKernel
{
    /// <summary>y = the sums of the entries' rows of the table.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="entries">N·T entries. On a card, a slot that is no row of the table gives NaN, so that the loss is NaN and the step is
    /// skipped and told.</param>
    /// <param name="table">(V, D), the storage format of y.</param>
    /// <param name="y">(N, D). Padding behind a row is not touched.</param>
    /// <exception cref="ArgumentException">The shapes or formats do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">On the CPU: a slot is no row of the table; nothing has been written.</exception>
    public static void Forward(Device device, in EmbeddingIds entries, Tensor table, Tensor y)
    {
        RequireShape(entries, table, y);
        if (table.Format.Storage() != y.Format.Storage())
        {
            throw new ArgumentException($"The table is {table.Format}; {y.Format}, that of y, is needed.", nameof(table));
        }

        if (device is CudaDevice cuda)
        {
            Forward(cuda, entries, table, y);
        }
        else
        {
            RequireWithin(entries, table.Rows);
            EmbeddingBagForwardJob.Run((CpuDevice)device, entries, table, y);
        }
    }

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of v·dy by slot.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="entries">N·T entries, as forward has read them; one whose slot is no row counts for nothing.</param>
    /// <param name="dy">(N, D), any storage format.</param>
    /// <param name="dtable">(V, D) Float32. Padding behind a row is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dtable"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dtable"/> is not Float32.</exception>
    public static void Backward(Device device, in EmbeddingIds entries, Tensor dy, Tensor dtable, bool accumulate)
    {
        RequireShape(entries, dtable, dy);
        if (dtable.Format != NumericFormat.Float32)
        {
            throw new ArgumentException($"dtable is {dtable.Format}; Float32 is needed.", nameof(dtable));
        }

        if (device is CudaDevice cuda)
        {
            Backward(cuda, entries, dy, dtable, accumulate);
        }
        else
        {
            EmbeddingBagBackwardJob.Run((CpuDevice)device, entries, dy, dtable, accumulate);
        }
    }

    private static void RequireShape(in EmbeddingIds entries, in Tensor table, in Tensor rows)
    {
        if (entries.Words.Kind != ElementKind.Entry)
        {
            throw new ArgumentException($"The entries are {entries.Words.Kind}; {ElementKind.Entry} is needed.", nameof(entries));
        }

        if (rows.Rows != entries.Words.Rows || rows.Columns != table.Columns)
        {
            throw new ArgumentException(
                $"The rows are ({rows.Rows}, {rows.Columns}); ({entries.Words.Rows}, {table.Columns}) is needed: examples times columns of "
                + "the table.",
                nameof(rows));
        }
    }

    private static void RequireWithin(in EmbeddingIds entries, int rows)
    {
        Span<SparseEntry> all = entries.Words.Span<SparseEntry>();
        for (int example = 0; example < entries.Words.Rows; example++)
        {
            Span<SparseEntry> its = all.Slice(example * entries.PerExample, entries.PerExample);
            for (int i = 0; i < its.Length && its[i].Slot != SparseEntry.None; i++)
            {
                if ((uint)its[i].Slot >= (uint)rows)
                {
                    throw new ArgumentOutOfRangeException(
                        nameof(entries),
                        its[i].Slot,
                        $"Layer '{entries.Layer}' has rows for the slots from 0 to {rows - 1}, but example {example} of the batch has the "
                        + $"slot {its[i].Slot} in entry {i} (both counted from 0); give slots in that range.");
                }
            }
        }
    }
}
