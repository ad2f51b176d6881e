using System.Numerics;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (embedding_forward.cu, embedding_sort.cu, embedding_backward.cu): the CPU's order of sums, the same
/// bits. The host never asks what the ids are.</content>
internal static partial class EmbeddingKernel
{
    /// <summary>Ids that a block sorts: <c>TILE</c> of embedding_sort.cu.</summary>
    private const int SortTile = 4096;

    /// <summary>Values of a digit: <c>RADIX</c> of embedding_sort.cu.</summary>
    private const int Radix = 256;

    private const int SortThreads = 256;
    private const int ScanThreads = 1024;

    /// <summary>Threads, and columns, of a block that sums up a frequent id.</summary>
    private const int LongThreads = 256;

    private const int LongBlocksPerMultiprocessor = 8;

    /// <summary>Bytes of working memory that the backward pass needs.</summary>
    /// <param name="positions">N·T.</param>
    /// <param name="rows">V.</param>
    public static long CudaScratchBytes(int positions, int rows) => Scratch.Of(0, positions, rows).Bytes;

    /// <summary>Sorts positions by their ids.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="rows">V.</param>
    /// <param name="memory">Address of <see cref="CudaScratchBytes"/> of working memory.</param>
    /// <returns>Addresses of the positions in the order of their ids, and of where each id, and behind the last V, starts: Int32.</returns>
    public static (nint Order, nint Starts) Sort(CudaDevice device, in EmbeddingIds ids, int rows, nint memory)
    {
        Scratch scratch = Scratch.Of(memory, ids.Count, rows);
        return (Sort(device, ids, rows, scratch), scratch.Starts);
    }

    private static void Forward(CudaDevice device, in EmbeddingIds ids, Tensor table, Tensor y)
        => device.LaunchOver(
            new KernelVariant("embedding_forward.cu", "embedding_forward", y.Format.Storage()),
            y,
            new ForwardArguments(ids.Words.Address, table, y, y.Rows, y.Columns, table.Rows, ids.PaddingOrNone));

    private static void Backward(CudaDevice device, in EmbeddingIds ids, Tensor dy, Tensor dtable, bool accumulate)
    {
        Scratch scratch = Scratch.Of(device.Scratch(CudaScratchBytes(dy.Rows, dtable.Rows)), dy.Rows, dtable.Rows);
        nint order = Sort(device, ids, dtable.Rows, scratch);
        var arguments = new BackwardArguments(dy, dtable, order, scratch.Starts, dtable.Rows, dtable.Columns, Chunk, accumulate ? 1 : 0);
        NumericFormat format = dy.Format.Storage();
        device.LaunchOver(new KernelVariant("embedding_backward.cu", "embedding_backward", format), dtable, arguments);
        if (dy.Rows > Chunk)
        {
            int blocks = Math.Min(dtable.Rows, device.Properties.Multiprocessors * LongBlocksPerMultiprocessor);
            device.Launch(
                new KernelVariant("embedding_backward.cu", "embedding_backward_long", format),
                (blocks, (dtable.Columns + LongThreads - 1) / LongThreads),
                LongThreads,
                arguments);
        }
    }

    /// <summary>Sorts the positions by id, a digit of the id after another from the lowest on, and finds where each id starts.</summary>
    /// <returns>Address of the sorted positions, Int32: those of the padding id and of ids that name no row come last.</returns>
    private static nint Sort(CudaDevice device, in EmbeddingIds ids, int rows, in Scratch scratch)
    {
        int digits = (BitOperations.Log2((uint)rows) / 8) + 1;
        nint from = 0;
        for (int digit = 0; digit < digits; digit++)
        {
            nint to = digit % 2 == 0 ? scratch.First : scratch.Second;
            var pass = new SortArguments(
                ids.Words.Address,
                from,
                to,
                scratch.Counts,
                ids.Count,
                scratch.Tiles,
                rows,
                ids.PaddingOrNone,
                8 * digit,
                ids.Stride);
            device.Launch(Sorting("embedding_count"), (scratch.Tiles, 1), SortThreads, pass);
            device.Launch(Sorting("embedding_scan"), (1, 1), ScanThreads, pass);
            device.Launch(Sorting("embedding_place"), (scratch.Tiles, 1), SortThreads, pass);
            from = to;
        }

        device.LaunchOver(
            Sorting("embedding_starts"),
            rows + 1L,
            new StartsArguments(ids.Words.Address, from, scratch.Starts, ids.Count, rows, ids.PaddingOrNone, ids.Stride));
        return from;
    }

    private static KernelVariant Sorting(string function) => new("embedding_sort.cu", function);

    /// <summary>Working memory: twice the positions, the start of every id, and the counts of every digit and tile; all Int32.</summary>
    private readonly record struct Scratch(nint First, nint Second, nint Starts, nint Counts, int Tiles, long Bytes)
    {
        public static Scratch Of(nint address, int positions, int rows)
        {
            int tiles = (int)(((long)positions + SortTile - 1) / SortTile);
            long second = (long)positions * sizeof(int), starts = 2 * second, counts = starts + ((rows + 1L) * sizeof(int));
            long end = counts + ((long)tiles * Radix * sizeof(int));
            return new(address, address + (nint)second, address + (nint)starts, address + (nint)counts, tiles, end);
        }
    }

    private readonly record struct ForwardArguments(
        nint Ids, CudaMatrix Table, CudaMatrix Y, int Positions, int Columns, int Rows, int Padding);

    private readonly record struct SortArguments(
        nint Ids, nint From, nint To, nint Counts, int Positions, int Tiles, int Rows, int Padding, int Shift, int Stride);

    private readonly record struct StartsArguments(
        nint Ids, nint Order, nint Starts, int Positions, int Rows, int Padding, int Stride);

    private readonly record struct BackwardArguments(
        CudaMatrix Dy, CudaMatrix DTable, nint Order, nint Starts, int Rows, int Columns, int Chunk, int Accumulate);
}
