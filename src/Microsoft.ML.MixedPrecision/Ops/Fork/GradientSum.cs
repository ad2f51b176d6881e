using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x₀ + x₁ + …, element by element: read in any storage format, added in Float32 in this order, rounded once when stored. NaN and ±∞
/// propagate.
/// </summary>
internal static class GradientSum
{
    /// <summary>Matrices that can be added at once.</summary>
    public const int Most = 16;

    /// <summary>y = Σ xᵢ, on either engine with the same bits.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">At least one and at most <see cref="Most"/> of (N, C), any storage formats.</param>
    /// <param name="y">(N, C), any storage format; may be one of <paramref name="x"/>. Padding is not touched.</param>
    /// <exception cref="ArgumentException">There are none or too many, or the shapes differ.</exception>
    public static void Run(Device device, ReadOnlySpan<Tensor> x, Tensor y)
    {
        if (x.Length is 0 or > Most)
        {
            throw new ArgumentException($"{x.Length} matrices cannot be added; give 1 to {Most}.", nameof(x));
        }

        var all = default(Tensors16);
        for (int i = 0; i < x.Length; i++)
        {
            if (x[i].Rows != y.Rows || x[i].Columns != y.Columns)
            {
                throw new ArgumentException(
                    $"x{i} is ({x[i].Rows}, {x[i].Columns}); ({y.Rows}, {y.Columns}) is needed, as y has.",
                    nameof(x));
            }

            all[i] = x[i];
        }

        if (device is CudaDevice cuda)
        {
            Launch(cuda, all, x.Length, y);
        }
        else
        {
            GradientSumJob.Run((CpuDevice)device, all, x.Length, y);
        }
    }

    private static void Launch(CudaDevice device, in Tensors16 x, int count, Tensor y)
    {
        var sources = default(Sources16);
        for (int i = 0; i < count; i++)
        {
            sources[i] = new Source(x[i], FormatCode(x[i].Format));
        }

        var kernel = new KernelVariant("gradient_sum.cu", "gradient_sum", y.Format.Storage());
        device.LaunchOver(kernel, y, new CudaArguments(sources, y, count, y.Rows, y.Columns));
    }

    /// <summary>
    /// How the kernel reads a matrix: each warp reads one format at a time, so that the choice costs nothing beside the memory.
    /// </summary>
    private static long FormatCode(NumericFormat format) => format.Storage() switch
    {
        NumericFormat.Float32 => 0,
        NumericFormat.Float16 => 1,
        NumericFormat.BFloat16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Gradients are added in Float32, Float16 and BFloat16."),
    };

    /// <summary>Room for <see cref="Most"/> matrices.</summary>
    [InlineArray(Most)]
    internal struct Tensors16
    {
        private Tensor _first;
    }

    [InlineArray(Most)]
    private struct Sources16
    {
        private Source _first;
    }

    private readonly record struct Source(CudaMatrix Matrix, long Format);

    private readonly record struct CudaArguments(Sources16 X, CudaMatrix Y, int Count, int Rows, int Columns);
}
