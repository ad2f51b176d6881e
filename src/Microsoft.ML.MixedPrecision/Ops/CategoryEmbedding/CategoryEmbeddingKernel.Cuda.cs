using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (category_embedding_forward.cu, category_embedding_backward.cu, and the sort of
/// embedding_sort.cu): the CPU's order of sums, the same bits. The host never asks what the numbers are.</content>
internal static partial class CategoryEmbeddingKernel
{
    private const string ForwardFile = "category_embedding_forward.cu";
    private const string BackwardFile = "category_embedding_backward.cu";

    /// <summary>Categories whose places in the table a launch is told: <c>GROUP</c> of category_embedding.cuh.</summary>
    private const int Group = 128;

    /// <summary>Threads of a block that sums up a frequent level: <c>THREADS</c> of category_embedding_backward.cu.</summary>
    private const int LongThreads = 512;

    private const int LongBlocksPerMultiprocessor = 8;

    /// <summary>Bytes of working memory that the backward pass needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="places">The categories.</param>
    public static long CudaScratchBytes(int rows, CategoryPlaces places)
    {
        int positions = checked(rows * places.Count);
        return IdBytes(positions) + EmbeddingKernel.CudaScratchBytes(positions, places.Rows);
    }

    private static void Forward(CudaDevice device, Tensor x, CategoryPlaces places, Tensor table, Tensor y)
    {
        NumericFormat format = y.Format.Storage();
        int numbers = x.Columns - places.Count;
        device.LaunchOver(
            new KernelVariant(ForwardFile, "category_embedding_numbers", format),
            (long)x.Rows * numbers,
            new NumbersArguments(x, y, x.Rows, numbers, places.First, places.Count));
        for (int first = 0; first < places.Count; first += Group)
        {
            CategoryGroup group = GroupAt(places, first);
            device.LaunchOver(
                new KernelVariant(ForwardFile, "category_embedding_forward", format),
                (long)x.Rows * group.Count * table.Columns,
                new ForwardArguments(x, table, y, x.Rows, table.Columns, places.First, numbers, group));
        }
    }

    private static void Backward(CudaDevice device, Tensor x, CategoryPlaces places, Tensor dy, Tensor dtable, bool accumulate)
    {
        int positions = checked(x.Rows * places.Count);
        nint memory = device.Scratch(CudaScratchBytes(x.Rows, places));
        for (int first = 0; first < places.Count; first += Group)
        {
            CategoryGroup group = GroupAt(places, first);
            device.LaunchOver(
                new KernelVariant(ForwardFile, "category_embedding_ids", dy.Format.Storage()),
                (long)x.Rows * group.Count,
                new IdsArguments(x, memory, x.Rows, places.First, places.Count, group));
        }

        var words = new Words(memory, ElementKind.Int32, x.Rows, places.Count);
        (nint order, nint starts) = EmbeddingKernel.Sort(
            device, new EmbeddingIds("", words, places.Count, null), dtable.Rows, memory + (nint)IdBytes(positions));
        var arguments = new BackwardArguments(
            dy, dtable, order, starts, dtable.Rows, dtable.Columns, x.Columns - places.Count, places.Count, EmbeddingKernel.Chunk,
            accumulate ? 1 : 0);
        NumericFormat format = dy.Format.Storage();
        device.LaunchOver(
            new KernelVariant(BackwardFile, "category_embedding_backward", format), (long)dtable.Rows * dtable.Columns, arguments);
        if (x.Rows > EmbeddingKernel.Chunk)
        {
            int blocks = Math.Min(dtable.Rows, device.Properties.Multiprocessors * LongBlocksPerMultiprocessor);
            device.Launch(
                new KernelVariant(BackwardFile, "category_embedding_backward_long", format), (blocks, 1), LongThreads, arguments);
        }
    }

    /// <summary>Bytes of the ids, so many that what follows is aligned.</summary>
    private static long IdBytes(int positions) => (((long)positions * sizeof(int)) + 255) / 256 * 256;

    private static CategoryGroup GroupAt(CategoryPlaces places, int first)
    {
        int count = Math.Min(Group, places.Count - first);
        var starts = default(GroupStarts);
        places.Starts.Slice(first, count + 1).CopyTo(starts);
        return new CategoryGroup(first, count, starts);
    }

    /// <summary>First rows of the table of a group's categories, and behind them that of the next.</summary>
    [InlineArray(Group + 1)]
    private struct GroupStarts
    {
        private int _first;
    }

    private readonly record struct CategoryGroup(int First, int Count, GroupStarts Starts);

    private readonly record struct NumbersArguments(CudaMatrix X, CudaMatrix Y, int Rows, int Numbers, int First, int Categories);

    private readonly record struct ForwardArguments(
        CudaMatrix X, CudaMatrix Table, CudaMatrix Y, int Rows, int Columns, int First, int Numbers, CategoryGroup Group);

    private readonly record struct IdsArguments(CudaMatrix X, nint Ids, int Rows, int First, int Categories, CategoryGroup Group);

    private readonly record struct BackwardArguments(
        CudaMatrix Dy,
        CudaMatrix DTable,
        nint Order,
        nint Starts,
        int Rows,
        int Columns,
        int Numbers,
        int Categories,
        int Chunk,
        int Accumulate);
}
