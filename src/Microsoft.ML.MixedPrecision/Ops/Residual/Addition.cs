using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = a + b, element by element: read in any storage format, added in Float32, rounded once when stored. NaN and ±∞
/// propagate.</summary>
internal static class Addition
{
    /// <summary>y = a + b, on either engine with the same bits.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="a">(N, C), any storage format.</param>
    /// <param name="b">(N, C), any storage format.</param>
    /// <param name="y">(N, C), any storage format; may be <paramref name="a"/> or <paramref name="b"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static void Run(Device device, Tensor a, Tensor b, Tensor y)
    {
        RequireShape(b, a, nameof(b));
        RequireShape(y, a, nameof(y));
        if (device is CudaDevice cuda)
        {
            var kernel = new KernelVariant("add.cu", "add", a.Format.Storage(), b.Format.Storage(), y.Format.Storage());
            cuda.LaunchOver(kernel, y, new CudaArguments(a, b, y, y.Rows, y.Columns));
        }
        else
        {
            AdditionJob.Run((CpuDevice)device, a, b, y);
        }
    }

    private static void RequireShape(in Tensor tensor, in Tensor other, string name)
    {
        if (tensor.Rows != other.Rows || tensor.Columns != other.Columns)
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}); ({other.Rows}, {other.Columns}) is needed.", name);
        }
    }

    private readonly record struct CudaArguments(CudaMatrix A, CudaMatrix B, CudaMatrix Y, int Rows, int Columns);
}
