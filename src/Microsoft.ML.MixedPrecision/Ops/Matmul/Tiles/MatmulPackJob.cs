using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Lays a strip of op(B) out in panels, in parts that threads share: ranges of its columns, which lie one after the other in a transposed
/// B, or of K.
/// </summary>
internal readonly unsafe struct MatmulPackJob : IRangeKernel
{
    /// <summary>Elements that are copied in a few microseconds.</summary>
    private const int LeastElements = 16 * 1024;

    private readonly CpuDevice _device;
    private readonly Tensor _b;
    private readonly bool _transposed;
    private readonly MatmulStrip _strip;

    private MatmulPackJob(CpuDevice device, in Tensor b, bool transposed, MatmulStrip strip)
        => (_device, _b, _transposed, _strip) = (device, b, transposed, strip);

    /// <summary>Columns of a panel.</summary>
    private int Width => MatmulTiling.WidthOf(_device.Path);

    /// <summary>What is divided: panels, or steps along K.</summary>
    private int Units => _transposed ? (_strip.End - _strip.First + Width - 1) / Width : _b.Rows;

    /// <summary>Bytes of working memory that a thread needs.</summary>
    public static long ScratchBytes(SimdPath path) => (long)MatmulTiling.WidthOf(path) * MatmulTiling.BlockDepth * sizeof(float);

    /// <summary>Fills the strip's panels.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="b">(K, N), or (N, K) if transposed, in the operand format.</param>
    /// <param name="transposed">Whether it lies transposed.</param>
    /// <param name="strip">Which columns and where to.</param>
    public static void Run(CpuDevice device, in Tensor b, bool transposed, MatmulStrip strip)
    {
        var kernel = new MatmulPackJob(device, b, transposed, strip);
        Partition.Run(
            device,
            kernel,
            kernel.Units,
            (long)(strip.End - strip.First) * (transposed ? b.Columns : b.Rows),
            LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (!_transposed)
        {
            MatmulPacking<TLanes, TVector>.CopyB(_b, _strip, (int)start, (int)end);
            return;
        }

        using var rows = _device.RentScratch(ScratchBytes(_device.Path));
        MatmulPacking<TLanes, TVector>.TransposeB(_b, _strip, (int)start, (int)end, rows.Floats);
    }
}
