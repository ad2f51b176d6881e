using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Numbers of a row, and rows of a table for its categories; backward, the sums of what comes back to each row of the table: dtable[v] = Σ
/// dy[n, n' + j·D …] over the places (n, j) that stand for v.
/// </summary>
/// <remarks>
/// The places are sorted by their row of the table, equal ones in the order of the batch, and their gradients are added as
/// <see cref="EmbeddingKernel"/> adds them: in Float32, <see cref="EmbeddingKernel.Chunk"/> one after another, and the sums of such chunks
/// one after another, on either engine and on any number of threads the same bits.
/// </remarks>
internal static partial class CategoryEmbeddingKernel
{
    /// <summary>y = [numbers, embeddings].</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N, n + m) Float32.</param>
    /// <param name="places">Which columns are categories, and their rows of the table.</param>
    /// <param name="table">(V, D), the storage format of y.</param>
    /// <param name="y">(N, n + m·D). Padding behind a row is not touched.</param>
    /// <exception cref="ArgumentException">The shapes or formats do not fit.</exception>
    public static void Forward(Device device, Tensor x, CategoryPlaces places, Tensor table, Tensor y)
    {
        RequireShape(x, places, table, y);
        if (table.Format.Storage() != y.Format.Storage())
        {
            throw new ArgumentException($"The table is {table.Format}; {y.Format}, that of y, is needed.", nameof(table));
        }

        if (device is CudaDevice cuda)
        {
            Forward(cuda, x, places, table, y);
        }
        else
        {
            CategoryForwardJob.Run((CpuDevice)device, x, places, table, y);
        }
    }

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by row of the table.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N, n + m) Float32, as forward has read it.</param>
    /// <param name="places">Which columns are categories, and their rows of the table.</param>
    /// <param name="dy">(N, n + m·D), any storage format.</param>
    /// <param name="dtable">(V, D) Float32. Padding behind a row is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dtable"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dtable"/> is not Float32.</exception>
    public static void Backward(Device device, Tensor x, CategoryPlaces places, Tensor dy, Tensor dtable, bool accumulate)
    {
        RequireShape(x, places, dtable, dy);
        if (dtable.Format != NumericFormat.Float32)
        {
            throw new ArgumentException($"dtable is {dtable.Format}; Float32 is needed.", nameof(dtable));
        }

        if (device is CudaDevice cuda)
        {
            Backward(cuda, x, places, dy, dtable, accumulate);
        }
        else
        {
            CategoryBackwardJob.Run((CpuDevice)device, x, places, dy, dtable, accumulate);
        }
    }

    /// <summary>Bytes of working memory of a backward pass on the CPU.</summary>
    /// <param name="rows">N.</param>
    /// <param name="places">The categories.</param>
    public static long CpuScratchBytes(int rows, CategoryPlaces places)
    {
        int positions = checked(rows * places.Count);
        return ((long)positions * sizeof(int)) + EmbeddingOrder.Bytes(positions, places.Rows);
    }

    private static void RequireShape(in Tensor x, CategoryPlaces places, in Tensor table, in Tensor y)
    {
        int columns = x.Columns + (places.Count * (table.Columns - 1));
        if (x.Format != NumericFormat.Float32 || table.Rows != places.Rows || y.Rows != x.Rows || y.Columns != columns)
        {
            throw new ArgumentException(
                $"x is ({x.Rows}, {x.Columns}) {x.Format}, the table ({table.Rows}, {table.Columns}), and y ({y.Rows}, {y.Columns}); x in "
                    + $"Float32, a table of {places.Rows} rows and y of ({x.Rows}, {columns}) are needed.",
                nameof(y));
        }
    }
}
