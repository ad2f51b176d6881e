using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (piecewise_forward.cu, piecewise_backward.cu): the same bits.</content>
internal static partial class PiecewiseKernel
{
    private static void Forward(CudaDevice device, in PiecewiseArguments arguments, Tensor y)
    {
        Tensor x = arguments.X;
        device.LaunchOver(
            new KernelVariant("piecewise_forward.cu", "piecewise_forward", x.Format.Storage(), y.Format.Storage()),
            (long)y.Rows * y.Columns,
            new ForwardArguments(
                x, y, arguments.Lower.Address, arguments.Factor.Address, y.Rows, y.Columns, arguments.Count, arguments.Bins));
    }

    private static void Backward(CudaDevice device, in PiecewiseArguments arguments, Tensor dy, Tensor dx)
    {
        Tensor x = arguments.X;
        var kernel = new KernelVariant(
            "piecewise_backward.cu", "piecewise_backward", x.Format.Storage(), dy.Format.Storage(), dx.Format.Storage());
        device.LaunchOver(
            kernel,
            (long)x.Rows * x.Columns,
            new BackwardArguments(
                x, dy, dx, arguments.Lower.Address, arguments.Factor.Address, x.Rows, x.Columns, arguments.Count, arguments.Bins));
    }

    private readonly record struct ForwardArguments(
        CudaMatrix X, CudaMatrix Y, nint Lower, nint Factor, int Rows, int Columns, int Count, int Bins);

    private readonly record struct BackwardArguments(
        CudaMatrix X, CudaMatrix Dy, CudaMatrix Dx, nint Lower, nint Factor, int Rows, int Columns, int Count, int Bins);
}
