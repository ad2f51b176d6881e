using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Rows of a table and, backward, the sums of what comes back to each: y[i] = table[ids[i]], dtable[v] = Σ dy[i] over ids[i] = v.
/// </summary>
/// <remarks>
/// The positions are sorted by id, equal ids in the order of the batch. An id's gradients are added in Float32, <see cref="Chunk"/> of them
/// one after another, and the sums of such chunks one after another: on either engine, on any number of threads and of any vector width
/// the same order, so the same bits. That order also errs less than one long sum where an id is frequent.
/// </remarks>
internal static partial class EmbeddingKernel
{
    /// <summary>Gradients of one id that are added before their sum is added to that of those before.</summary>
    public const int Chunk = 64;

    /// <summary>y = the table's rows, zeros for the padding id.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="ids">N·T ids. On a card, one that names no row gives a row of NaN, so that the loss is NaN and the step is skipped and
    /// told.</param>
    /// <param name="table">(V, D), the storage format of y.</param>
    /// <param name="y">(N·T, D). Padding behind a row is not touched.</param>
    /// <exception cref="ArgumentException">The shapes or formats do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">On the CPU: an id names no row; nothing has been written.</exception>
    public static void Forward(Device device, in EmbeddingIds ids, Tensor table, Tensor y)
    {
        RequireShape(ids, table, y);
        if (table.Format.Storage() != y.Format.Storage())
        {
            throw new ArgumentException($"The table is {table.Format}; {y.Format}, that of y, is needed.", nameof(table));
        }

        if (device is CudaDevice cuda)
        {
            Forward(cuda, ids, table, y);
        }
        else
        {
            EmbeddingIds.RequireWithin(ids, table.Rows);
            EmbeddingForwardJob.Run((CpuDevice)device, ids, table, y);
        }
    }

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by id; 0, or nothing, for the padding id.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="ids">N·T ids, as forward has read them; one that names no row counts for nothing.</param>
    /// <param name="dy">(N·T, D), any storage format.</param>
    /// <param name="dtable">(V, D) Float32. Padding behind a row is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dtable"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dtable"/> is not Float32.</exception>
    public static void Backward(Device device, in EmbeddingIds ids, Tensor dy, Tensor dtable, bool accumulate)
    {
        RequireShape(ids, dtable, dy);
        if (dtable.Format != NumericFormat.Float32)
        {
            throw new ArgumentException($"dtable is {dtable.Format}; Float32 is needed.", nameof(dtable));
        }

        if (device is CudaDevice cuda)
        {
            Backward(cuda, ids, dy, dtable, accumulate);
        }
        else
        {
            EmbeddingBackwardJob.Run((CpuDevice)device, ids, dy, dtable, accumulate);
        }
    }

    private static void RequireShape(in EmbeddingIds ids, in Tensor table, in Tensor rows)
    {
        if (ids.Words.Kind != ElementKind.Int32)
        {
            throw new ArgumentException($"The ids are {ids.Words.Kind}; {ElementKind.Int32} is needed.", nameof(ids));
        }

        if (rows.Rows != ids.Count || rows.Columns != table.Columns)
        {
            throw new ArgumentException(
                $"The rows are ({rows.Rows}, {rows.Columns}); ({ids.Count}, {table.Columns}) is needed: ids times columns of the table.",
                nameof(rows));
        }
    }
}
