using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Matrix products with their epilogue. cᵢⱼ is one chain of fused multiply-adds over k = 0, 1, … in Float32: its bits do not
/// depend on vector width, tiling, threads, or which other rows are computed with it. NaN and ±∞ propagate as in IEEE 754.
/// </summary>
internal static partial class Matmul
{
    /// <summary>Computes the product described by <paramref name="arguments"/> on either engine.</summary>
    /// <exception cref="ArgumentException">Shapes or formats do not fit together.</exception>
    public static void Run(Device device, in MatmulArguments arguments)
    {
        if (device is CudaDevice cuda)
        {
            Run(cuda, arguments);
        }
        else
        {
            Run((CpuDevice)device, arguments);
        }
    }

    /// <summary>Computes the product described by <paramref name="arguments"/>. K = 0 gives epilogue(0).</summary>
    /// <exception cref="ArgumentException">Shapes or formats do not fit together.</exception>
    public static void Run(CpuDevice device, in MatmulArguments arguments)
    {
        if (MatmulMembers.AreSeveral(arguments))
        {
            // Each over all cores, one after the other: its operands are then the only ones that the caches hold.
            for (int member = 0; member < arguments.Members; member++)
            {
                Run(device, MatmulMembers.Of(arguments, member));
            }

            return;
        }

        var shape = MatmulShape.Of(arguments);
        if (shape.M > 0 && shape.N > 0)
        {
            RunOnCpu(device, arguments, shape);
        }
    }
}
