using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (embedding_bag_forward.cu, embedding_bag_backward.cu, and the sort of embedding_sort.cu): the CPU's
/// order of sums, the same bits. The host never asks what the entries are.</content>
internal static partial class EmbeddingBagKernel
{
    private const string BackwardFile = "embedding_bag_backward.cu";

    /// <summary>Threads of a block; <c>WARPS</c> · 32 of both sources.</summary>
    private const int Threads = 256;

    /// <summary>Columns of a block: <c>TILE</c> of both sources.</summary>
    private const int Tile = 32;

    private const int BlocksPerMultiprocessor = 8;

    private static void Forward(CudaDevice device, in EmbeddingIds entries, Tensor table, Tensor y)
        => device.Launch(
            new KernelVariant("embedding_bag_forward.cu", "embedding_bag_forward", y.Format.Storage()),
            (Math.Min(y.Rows, device.Properties.Multiprocessors * BlocksPerMultiprocessor), TilesOf(y.Columns)),
            Threads,
            new ForwardArguments(
                entries.Words.Address, table, y, y.Rows, entries.PerExample, y.Columns, table.Rows, EmbeddingKernel.Chunk));

    private static void Backward(CudaDevice device, in EmbeddingIds entries, Tensor dy, Tensor dtable, bool accumulate)
    {
        nint memory = device.Scratch(EmbeddingKernel.CudaScratchBytes(entries.Count, dtable.Rows));
        (nint order, nint starts) = EmbeddingKernel.Sort(device, entries, dtable.Rows, memory);
        var arguments = new BackwardArguments(
            entries.Words.Address,
            dy,
            dtable,
            order,
            starts,
            dtable.Rows,
            dtable.Columns,
            entries.PerExample,
            EmbeddingKernel.Chunk,
            accumulate ? 1 : 0);
        NumericFormat format = dy.Format.Storage();
        device.LaunchOver(new KernelVariant(BackwardFile, "embedding_bag_backward", format), dtable, arguments);
        if (entries.Count > EmbeddingKernel.Chunk)
        {
            int blocks = Math.Min(dtable.Rows, device.Properties.Multiprocessors * BlocksPerMultiprocessor);
            device.Launch(
                new KernelVariant(BackwardFile, "embedding_bag_backward_long", format),
                (blocks, TilesOf(dtable.Columns)),
                Threads,
                arguments);
        }
    }

    private static int TilesOf(int columns) => (columns + Tile - 1) / Tile;

    private readonly record struct ForwardArguments(
        nint Entries, CudaMatrix Table, CudaMatrix Y, int Examples, int Most, int Columns, int Rows, int Chunk);

    private readonly record struct BackwardArguments(
        nint Entries,
        CudaMatrix Dy,
        CudaMatrix DTable,
        nint Order,
        nint Starts,
        int Rows,
        int Columns,
        int Most,
        int Chunk,
        int Accumulate);
}
