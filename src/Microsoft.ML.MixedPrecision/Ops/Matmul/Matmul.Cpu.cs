using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The CPU engine.</content>
internal static unsafe partial class Matmul
{
    /// <summary>Converts and lays out op(B) once, for many products with the same one.</summary>
    /// <param name="device">The device of the products, or one with the same <see cref="CpuDevice.Path"/>.</param>
    /// <param name="b">(K, N), or (N, K) if transposed, in the operand format.</param>
    /// <param name="transposeB">Whether <paramref name="b"/> lies transposed.</param>
    public static PackedOperand Pack(CpuDevice device, Tensor b, bool transposeB)
    {
        var (depth, columns) = transposeB ? (b.Columns, b.Rows) : (b.Rows, b.Columns);
        var packed = new PackedOperand(b.Format, depth, columns, device.Path, MatmulTiling.WidthOf(device.Path));
        device.ReserveScratch(MatmulPackJob.ScratchBytes(device.Path));
        MatmulPackJob.Run(device, b, transposeB, MatmulStrip.Packed(0, columns, packed.Panels, depth, MatmulTiling.WidthOf(device.Path)));
        return packed;
    }

    /// <summary>Bytes of working memory that each thread, and the caller beside them, needs for a product.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="packsB">Whether op(B) is laid out on the way.</param>
    public static long CpuScratchBytes(CpuDevice device, in MatmulShape shape, bool packsB = true)
    {
        long bytes = PartBytes(device, shape, packsB: false);
        if (!packsB)
        {
            return bytes;
        }

        long packing = Math.Max(MatmulPackJob.ScratchBytes(device.Path), StripBytes(Tiling(device, shape, packsB), shape));
        return Math.Max(packing, Math.Max(bytes, PartBytes(device, shape, packsB)));
    }

    private static MatmulTiling Tiling(CpuDevice device, in MatmulShape shape, bool packsB)
        => MatmulTiling.Of(shape, device.Threads, device.Path, packsB);

    private static long PartBytes(CpuDevice device, in MatmulShape shape, bool packsB)
        => new MatmulScratch(null, Tiling(device, shape, packsB), shape.K).Bytes;

    private static long StripBytes(in MatmulTiling tiling, in MatmulShape shape) => (long)tiling.StripColumns * shape.K * sizeof(float);

    private static void RunOnCpu(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape)
    {
        int width = MatmulTiling.WidthOf(device.Path);
        if (arguments.PackedB is { } packed)
        {
            if (packed.Path != device.Path)
            {
                throw new ArgumentException($"PackedB was packed for {packed.Path}, the device computes with {device.Path}: pack it "
                    + $"with this device.");
            }

            RunOneStrip(device, arguments, shape, MatmulStrip.Packed(0, shape.N, packed.Panels, shape.K, width));
            GC.KeepAlive(packed);
        }
        else if (ReadsBWhereItLies(arguments, shape, width))
        {
            RunOneStrip(device, arguments, shape, MatmulStrip.Of(arguments.B, width));
        }
        else
        {
            RunStrips(device, arguments, shape, width);
        }
    }

    /// <summary>Where one row of tiles reads each element of B once, a copy would take longer than it saves.</summary>
    private static bool ReadsBWhereItLies(in MatmulArguments arguments, in MatmulShape shape, int width)
        => shape.M <= MatmulTiling.TallTileRows && shape.N % width == 0
            && !arguments.TransposeB && arguments.B.Format == NumericFormat.Float32;

    private static void RunOneStrip(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, MatmulStrip strip)
    {
        device.ReserveScratch(PartBytes(device, shape, packsB: false));
        RunStrip(device, arguments, shape, Tiling(device, shape, packsB: false), strip);
    }

    private static void RunStrips(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, int width)
    {
        MatmulTiling tiling = Tiling(device, shape, packsB: true);
        device.ReserveScratch(CpuScratchBytes(device, shape));
        using var lease = device.RentScratch(StripBytes(tiling, shape));
        for (int column = 0; column < shape.N; column += tiling.StripColumns)
        {
            var strip = MatmulStrip.Packed(column, Math.Min(column + tiling.StripColumns, shape.N), lease.Floats, shape.K, width);
            MatmulPackJob.Run(device, arguments.B, arguments.TransposeB, strip);
            RunStrip(device, arguments, shape, tiling, strip);
        }
    }

    private static void RunStrip(
        CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, in MatmulTiling tiling, MatmulStrip strip)
    {
        var job = new MatmulJob(device, arguments, shape, tiling, strip);
        device.Run(ref job, tiling.Bands * tiling.Cuts);
    }
}
