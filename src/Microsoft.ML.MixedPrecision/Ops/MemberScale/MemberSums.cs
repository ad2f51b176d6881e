using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Sums over examples, apart for each member: rows of examples are added in order within blocks, the blocks in order, in Float32. Blocks
/// depend on the number of examples alone, so that either engine, on any number of threads, adds in one order.
/// </summary>
internal static class MemberSums
{
    /// <summary>Sums that one launch adds up at most: <c>MOST</c> of member_total.cu.</summary>
    public const int Most = 3;

    /// <summary>Examples of a block, as long as there are not too many of them.</summary>
    private const int SmallBlock = 16;

    private const int MostBlocks = 64;

    /// <summary>Examples of a block.</summary>
    /// <param name="examples">N.</param>
    public static int BlockExamples(int examples) => Math.Max(SmallBlock, Quotient(examples, MostBlocks));

    /// <summary>Blocks of examples.</summary>
    /// <param name="examples">N.</param>
    public static int Blocks(int examples) => Quotient(examples, BlockExamples(examples));

    /// <summary>Bytes of the sums of all blocks, for so many examples or fewer.</summary>
    /// <param name="examples">N.</param>
    /// <param name="elements">Numbers that are summed in each block.</param>
    public static long CudaScratchBytes(int examples, long elements)
        => Math.Min(Quotient(examples, SmallBlock), MostBlocks) * elements * sizeof(float);

    /// <summary>Adds the sums of the blocks to the device's work (member_total.cu).</summary>
    /// <param name="device">Computes.</param>
    /// <param name="sums">Address of (blocks, targets, rows · columns) Float32, dense.</param>
    /// <param name="blocks">Blocks.</param>
    /// <param name="accumulate">Adds to what is there.</param>
    /// <param name="targets">Each (rows, columns) Float32, at most <see cref="Most"/>, all of one shape; default for one that nobody
    /// wants.</param>
    public static void Total(CudaDevice device, nint sums, int blocks, bool accumulate, params ReadOnlySpan<Tensor> targets)
    {
        Tensor shape = default;
        foreach (ref readonly Tensor target in targets)
        {
            shape = target.Address == 0 ? shape : target;
        }

        Tensor second = targets.Length > 1 ? targets[1] : default, third = targets.Length > 2 ? targets[2] : default;
        device.LaunchOver(
            new KernelVariant("member_total.cu", "member_total"),
            (long)targets.Length * shape.Rows * shape.Columns,
            new TotalArguments(sums, targets[0], second, third, targets.Length, blocks, shape.Rows, shape.Columns, accumulate ? 1 : 0));
    }

    private readonly record struct TotalArguments(
        nint Sums,
        CudaMatrix First,
        CudaMatrix Second,
        CudaMatrix Third,
        int Targets,
        int Blocks,
        int Rows,
        int Columns,
        int Accumulate);
}
