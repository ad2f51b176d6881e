using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (bias_gradient.cu, bias_gradient_total.cu, bias_gradient_small.cu), on request with the derivative
/// of an activation before it: the same order of sums, the same bits.</content>
internal static partial class BiasGradient
{
    private const int CudaThreads = 64;
    private const int SmallColumns = 16;
    private const int SmallThreads = 512;

    /// <summary>Rows up to which blocks that go through all of them are faster than blocks that share them.</summary>
    private const int MostSmallRows = 4096;

    private const int MostBlocksY = 65535;

    /// <summary>From so many threads on, each takes 4 columns at once; below, 2, for more threads.</summary>
    private const long ManyThreads = 1 << 15;
    private const int ManyColumns = 4;

    private const int TotalColumns = 8;
    private const int TotalThreads = 256;

    /// <summary>Bytes of working memory that the card needs for so many rows or fewer: of fewer rows the blocks may be smaller, and so be
    /// more.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns)
    {
        int most = Math.Max(Blocks(rows), Math.Max(BlocksBelow(LargeMatrix), BlocksBelow(VeryLargeMatrix)));
        return (long)most * columns * sizeof(float);

        int BlocksBelow(int elements) => Blocks(Math.Min(rows, (elements - 1) / Math.Max(columns, 1)));
        int Blocks(int some) => RowBlocks(new Tensor(0, default, some, columns, 0));
    }

    /// <summary>Adds dbias = (accumulate ? dbias : 0) + column sums of dz to the device's work; see the overload for the CPU.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dz">(N, C), any storage format; N = 0 gives zeros.</param>
    /// <param name="dbias">(1, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(CudaDevice device, Tensor dz, Tensor dbias, bool accumulate)
        => Run(device, ActivationKind.None, dz, default, dz, dbias, accumulate);

    /// <summary>Adds dz = x ⊙ act′(saved), rounded once, and dbias of that dz to the device's work.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">The activation; with <see cref="ActivationKind.None"/> x must be dz.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="saved">(N, C): what <see cref="Activations.SavesOutput"/> says.</param>
    /// <param name="dz">(N, C), any storage format; may be <paramref name="x"/>.</param>
    /// <param name="dbias">(1, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(CudaDevice device, ActivationKind kind, Tensor x, Tensor saved, Tensor dz, Tensor dbias, bool accumulate)
    {
        RequireShape(dz, dbias);
        if (BlockRows(dz) == SmallBlockRows && dz.Rows <= MostSmallRows)
        {
            RunSmall(device, kind, x, saved, dz, dbias, accumulate);
        }
        else
        {
            RunLarge(device, kind, x, saved, dz, dbias, accumulate);
        }
    }

    /// <summary>One launch of blocks that do not meet.</summary>
    private static void RunSmall(CudaDevice device, ActivationKind kind, Tensor x, Tensor saved, Tensor dz, Tensor dbias, bool accumulate)
    {
        var kernel = new KernelVariant(
            "bias_gradient_small.cu",
            "bias_gradient_small",
            x.Format.Storage(),
            saved.Format.Storage(),
            dz.Format.Storage(),
            (int)kind);
        device.Launch(
            kernel, (Quotient(dz.Columns, SmallColumns), 1), SmallThreads, new SmallArguments(
                x,
                saved,
                dz,
                dbias.Address,
                dz.Rows,
                dz.Columns,
                accumulate ? 1 : 0));
    }

    /// <summary>Blocks of rows; then what all have summed is added up.</summary>
    private static void RunLarge(CudaDevice device, ActivationKind kind, Tensor x, Tensor saved, Tensor dz, Tensor dbias, bool accumulate)
    {
        int blocks = Math.Max(1, RowBlocks(dz));
        int columns = (long)blocks * dz.Columns / ManyColumns >= ManyThreads ? ManyColumns : 2;
        nint sums = device.Scratch(CudaScratchBytes(dz.Rows, dz.Columns));
        var kernel = new KernelVariant(
            "bias_gradient.cu",
            "bias_gradient",
            x.Format.Storage(),
            saved.Format.Storage(),
            dz.Format.Storage(),
            (int)kind,
            columns);
        device.Launch(
            kernel,
            (Quotient(Quotient(dz.Columns, columns), CudaThreads), Math.Min(blocks, MostBlocksY)),
            CudaThreads,
            new Arguments(x, saved, dz, sums, dz.Rows, dz.Columns, BlockRows(dz)));
        device.Launch(
            new KernelVariant("bias_gradient_total.cu", "bias_gradient_total"),
            (Quotient(dz.Columns, TotalColumns), 1),
            TotalThreads,
            new TotalArguments(sums, dbias.Address, RowBlocks(dz), dz.Columns, accumulate ? 1 : 0));
    }

    private static int RowBlocks(in Tensor dz) => Quotient(dz.Rows, BlockRows(dz));

    private readonly record struct Arguments(
        CudaMatrix X,
        CudaMatrix Saved,
        CudaMatrix Dz,
        nint Sums,
        int Rows,
        int Columns,
        int BlockRows);

    private readonly record struct TotalArguments(nint Sums, nint Db, int Blocks, int Columns, int Accumulate);

    private readonly record struct SmallArguments(
        CudaMatrix X,
        CudaMatrix Saved,
        CudaMatrix Dz,
        nint Db,
        int Rows,
        int Columns,
        int Accumulate);
}
