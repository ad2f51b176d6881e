using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Conversion of a tensor to another format: to nearest, ties to even; ±∞ stays, NaN stays NaN; widening is exact. A target of
/// <see cref="NumericFormat.TensorFloat32"/> is rounded to 10 mantissa bits.
/// </summary>
internal static partial class CastKernel
{
    private const int LeastElements = 32768;

    /// <summary>target = source, converted row by row, on either engine; see the overload for the CPU.</summary>
    public static void Run(Device device, Tensor source, Tensor target)
    {
        if (device is CudaDevice cuda)
        {
            Run(cuda, source, target);
        }
        else
        {
            Run((CpuDevice)device, source, target);
        }
    }

    /// <summary>target = source, converted row by row.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="source">(N, C), any format.</param>
    /// <param name="target">(N, C), any format and pitch; padding is not touched. Must not overlap a source of another format.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Run(CpuDevice device, Tensor source, Tensor target)
    {
        RequireShape(source, target);
        int parts = Partition.Parts(device, (long)source.Rows * source.Columns, LeastElements, source.Rows);
        var job = new Job(device.Path, source, target, parts);
        device.Run(ref job, parts);
    }

    private readonly unsafe struct Job(SimdPath path, Tensor source, Tensor target, int parts) : IParallelJob
    {
        public void Run(int part)
        {
            var (start, end) = Partition.Range(part, parts, source.Rows);
            for (int row = (int)start; row < end; row++)
            {
                var kernel = new ConvertKernel(source.Format, source.Row(row), target.Format, target.Row(row), source.Columns);
                path.Dispatch(ref kernel);
            }
        }
    }
}
