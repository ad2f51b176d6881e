using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>yᵢⱼ = e^(xᵢⱼ − maxⱼ xᵢⱼ) / Σⱼ e^(xᵢⱼ − maxⱼ xᵢⱼ), in Float32. A NaN or +∞ makes its row NaN.</summary>
internal static partial class Softmax
{
    private const int LeastElements = 4096;

    /// <summary>y = softmax of each row of the logits, on either engine; see the overload for the CPU.</summary>
    public static void Run(Device device, Tensor logits, Tensor y)
    {
        if (device is CudaDevice cuda)
        {
            Run(cuda, logits, y);
        }
        else
        {
            Run((CpuDevice)device, logits, y);
        }
    }

    /// <summary>y = softmax of each row of the logits.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="logits">(N, C) Float32.</param>
    /// <param name="y">(N, C) Float32; may be <paramref name="logits"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The tensors differ in shape or are not Float32.</exception>
    public static void Run(CpuDevice device, Tensor logits, Tensor y)
    {
        RequireShape(logits, y);
        if (logits.Columns == 0)
        {
            return;
        }

        int parts = Partition.Parts(device, (long)logits.Rows * logits.Columns, LeastElements, logits.Rows);
        var job = new SoftmaxJob(device.Path, logits, y, parts);
        device.Run(ref job, parts);
    }

    private static void RequireShape(in Tensor logits, in Tensor y)
    {
        if (logits.Format.Storage() != NumericFormat.Float32 || y.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"The logits are {logits.Format}, y {y.Format}; both must be Float32.");
        }

        if (logits.Rows != y.Rows || logits.Columns != y.Columns)
        {
            throw new ArgumentException($"y is ({y.Rows}, {y.Columns}); ({logits.Rows}, {logits.Columns}) is needed.", nameof(y));
        }
    }

    private readonly struct SoftmaxJob(SimdPath path, Tensor logits, Tensor y, int parts) : IParallelJob
    {
        public void Run(int part)
        {
            var (start, end) = Partition.Range(part, parts, logits.Rows);
            var kernel = new SoftmaxKernel(logits, y, (int)start, (int)end);
            path.Dispatch(ref kernel);
        }
    }

    private readonly unsafe struct SoftmaxKernel(Tensor logits, Tensor y, int start, int end) : IVectorKernel
    {
        public void Run<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : unmanaged
        {
            for (int row = start; row < end; row++)
            {
                var x = (float*)logits.Row(row);
                var target = (float*)y.Row(row);
                float largest = SoftmaxRow<TLanes, TVector>.Largest(x, logits.Columns);
                float sum = SoftmaxRow<TLanes, TVector>.Exponentials(x, largest, target, logits.Columns);
                SoftmaxRow<TLanes, TVector>.Divide(target, sum, target, logits.Columns);
            }
        }
    }
}
