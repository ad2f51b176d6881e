using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (cast.cu): the same bits, but that a NaN may lose its payload.</content>
internal static partial class CastKernel
{
    /// <summary>Adds target = source, converted row by row, to the device's work; see the overload for the CPU.</summary>
    public static void Run(CudaDevice device, Tensor source, Tensor target)
    {
        RequireShape(source, target);
        var kernel = new KernelVariant("cast.cu", "cast", source.Format, target.Format);
        device.LaunchOver(kernel, target, new Arguments(source, target, target.Rows, target.Columns));
    }

    private static void RequireShape(in Tensor source, in Tensor target)
    {
        if (source.Rows != target.Rows || source.Columns != target.Columns)
        {
            throw new ArgumentException(
                $"target is ({target.Rows}, {target.Columns}); ({source.Rows}, {source.Columns}) is needed.",
                nameof(target));
        }
    }

    private readonly record struct Arguments(CudaMatrix X, CudaMatrix Y, int Rows, int Columns);
}
