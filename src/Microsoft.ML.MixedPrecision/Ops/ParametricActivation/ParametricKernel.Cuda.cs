using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (parametric_forward.cu, parametric_backward.cu): the same bits.</content>
internal static partial class ParametricKernel
{
    private const int Across = 32;
    private const int Warps = 8;
    private const int MostBlocksY = 65535;

    /// <summary>Bytes of working memory that the backward pass needs.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns) => Quotient(rows, BlockRows) * columns * sizeof(float);

    private static void Forward(CudaDevice device, ActivationKind kind, Tensor x, Tensor shares, Tensor y)
        => device.LaunchOver(
            new KernelVariant("parametric_forward.cu", "parametric_forward", x.Format.Storage(), y.Format.Storage(), Number: (int)kind),
            y,
            new ForwardArguments(x, y, shares, x.Rows, x.Columns));

    private static void Backward(CudaDevice device, ActivationKind kind, Tensor x, Tensor shares, in ParametricGradients gradients)
    {
        long across = Quotient(x.Columns, Across);
        if (across > CudaLane.CounterCount)
        {
            throw new ArgumentException(
                $"x has {x.Columns} columns; at most {(long)CudaLane.CounterCount * Across} can be summed.", nameof(x));
        }

        NumericFormat dx = (gradients.Dx.Address != 0 ? gradients.Dx : x).Format.Storage();
        var kernel = new KernelVariant(
            "parametric_backward.cu", "parametric_backward", x.Format.Storage(), gradients.Dy.Format.Storage(), dx, (int)kind);
        long down = Math.Clamp(Quotient(x.Rows, BlockRows * Warps), 1, MostBlocksY);
        device.Launch(
            kernel,
            ((int)across, (int)down),
            Across * Warps,
            new BackwardArguments(
                x,
                gradients.Dy,
                gradients.Dx,
                shares.Address,
                gradients.DShares.Address,
                device.Scratch(CudaScratchBytes(x.Rows, x.Columns)),
                device.Counters,
                x.Rows,
                x.Columns,
                gradients.Accumulate ? 1 : 0));
    }

    private static long Quotient(long n, long divisor) => (n + divisor - 1) / divisor;

    private readonly record struct ForwardArguments(CudaMatrix X, CudaMatrix Y, CudaMatrix Shares, int Rows, int Columns);

    private readonly record struct BackwardArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Dx,
        nint Shares,
        nint DShares,
        nint Sums,
        nint Counters,
        int Rows,
        int Columns,
        int Accumulate);
}
