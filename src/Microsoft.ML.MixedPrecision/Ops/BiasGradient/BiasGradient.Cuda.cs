using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (bias_gradient.cu): the same order of sums, the same bits.</content>
internal static partial class BiasGradient
{
    private const int CudaBlockRows = 64;
    private const int MostBlocksY = 65535;

    /// <summary>From so many threads on, each takes 8 columns at once; below, 2, for more threads.</summary>
    private const long ManyThreads = 1 << 15;

    /// <summary>Bytes of working memory that the card needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns) => (long)RowBlocks(rows) * columns * sizeof(float);

    /// <summary>Adds dbias = (accumulate ? dbias : 0) + column sums of dz to the device's work; see the overload for the CPU.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dz">(N, C), any storage format; N = 0 gives zeros.</param>
    /// <param name="dbias">(1, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <param name="scratch">Address of <see cref="CudaScratchBytes"/> bytes of device memory.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(CudaDevice device, Tensor dz, Tensor dbias, bool accumulate, nint scratch)
    {
        RequireShape(dz, dbias);
        int blocks = RowBlocks(dz.Rows);
        int columns = (long)blocks * dz.Columns / 8 >= ManyThreads ? 8 : 2;
        int threads = columns == 8 ? 128 : 64;
        int across = (((dz.Columns + columns - 1) / columns) + threads - 1) / threads;
        var arguments = new Arguments(dz, scratch, dbias.Address, dz.Rows, dz.Columns, accumulate ? 1 : 0);
        device.Launch(Kernel("bias_gradient_blocks", dz, columns), (across, Math.Min(blocks, MostBlocksY)), threads, arguments);
        device.Launch(Kernel("bias_gradient_total", dz, columns), ((dz.Columns + 127) / 128, 1), 128, arguments);
    }

    private static int RowBlocks(int rows) => (int)(((long)rows + CudaBlockRows - 1) / CudaBlockRows);

    private static KernelVariant Kernel(string function, in Tensor dz, int columns)
        => new("bias_gradient.cu", function, dz.Format.Storage(), Number: columns);

    private readonly record struct Arguments(CudaMatrix Dz, nint Sums, nint Db, int Rows, int Columns, int Accumulate);
}
