using Microsoft.ML.MixedPrecision.Tensors;

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
        var packed = new PackedOperand(b.Format, depth, columns, device.Path, PanelWidth(device.Path));
        using var rows = device.RentScratch((long)PanelWidth(device.Path) * MatmulTiling.BlockDepth * sizeof(float));
        var kernel = new PackKernel(b, transposeB, columns, packed.Panels, rows.Floats);
        device.Path.Dispatch(ref kernel);
        return packed;
    }

    /// <summary>Bytes of working memory that each thread needs for a product.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="packsB">Whether op(B) is laid out on the way.</param>
    public static long CpuScratchBytes(CpuDevice device, in MatmulShape shape, bool packsB = true)
        => new MatmulScratch(null, Tiling(device, shape), shape.K, packsB).Bytes;

    private static MatmulTiling Tiling(CpuDevice device, in MatmulShape shape) => MatmulTiling.Of(shape, device.Threads, PanelWidth(device.Path));

    private static int PanelWidth(SimdPath path) => 2 * path.Bits() / 32;

    private static void RunOnCpu(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape)
    {
        if (arguments.PackedB is { } packed && packed.Path != device.Path)
            throw new ArgumentException($"PackedB was packed for {packed.Path}, the device computes with {device.Path}: pack it with this device.");
        MatmulTiling tiling = Tiling(device, shape);
        device.ReserveScratch(CpuScratchBytes(device, shape, packsB: arguments.PackedB is null));
        var job = new MatmulJob(device, arguments, shape, tiling);
        device.Run(ref job, tiling.Bands * tiling.Strips);
    }

    private readonly struct PackKernel(Tensor b, bool transposeB, int columns, float* panels, float* rows) : IVectorKernel
    {
        public void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : unmanaged
            => MatmulPacking<TLanes, TVector>.PackB(b, transposeB, 0, columns, panels, rows);
    }
}
