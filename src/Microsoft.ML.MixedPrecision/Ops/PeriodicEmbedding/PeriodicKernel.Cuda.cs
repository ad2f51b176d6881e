using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (periodic_forward.cu, periodic_backward.cu).</content>
internal static partial class PeriodicKernel
{
    /// <summary>Threads of a block of the backward pass: 16 waves times <see cref="RowLanes"/>.</summary>
    private const int BackwardThreads = PeriodicParameters.Waves * RowLanes;

    private static void Forward(CudaDevice device, in PeriodicArguments arguments, Tensor y)
    {
        Tensor x = arguments.X;
        device.LaunchOver(
            new KernelVariant("periodic_forward.cu", "periodic_forward", x.Format.Storage(), y.Format.Storage()),
            (long)x.Rows * x.Columns,
            new ForwardArguments(x, y, ParametersOf(arguments), x.Rows, x.Columns, arguments.Count));
    }

    private static void Backward(CudaDevice device, in PeriodicArguments arguments, in PeriodicGradients gradients)
    {
        Tensor x = arguments.X;
        NumericFormat dx = (gradients.Dx.Address != 0 ? gradients.Dx : x).Format.Storage();
        device.Launch(
            new KernelVariant("periodic_backward.cu", "periodic_backward", x.Format.Storage(), gradients.Dy.Format.Storage(), dx),
            (arguments.Count + 1, 1),
            BackwardThreads,
            new BackwardArguments(
                x,
                gradients.Dy,
                gradients.Dx,
                ParametersOf(arguments),
                gradients.Frequencies,
                gradients.Phases,
                gradients.Weights,
                gradients.Biases,
                x.Rows,
                x.Columns,
                arguments.Count,
                gradients.Accumulate ? 1 : 0));
    }

    private static CudaParameters ParametersOf(in PeriodicArguments arguments)
        => new(arguments.Frequencies, arguments.Phases, arguments.Weights, arguments.Biases);

    private readonly record struct CudaParameters(CudaMatrix Frequencies, CudaMatrix Phases, CudaMatrix Weights, CudaMatrix Biases);

    private readonly record struct ForwardArguments(
        CudaMatrix X, CudaMatrix Y, CudaParameters Parameters, int Rows, int Columns, int Count);

    private readonly record struct BackwardArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Dx,
        CudaParameters Parameters,
        CudaMatrix DFrequencies,
        CudaMatrix DPhases,
        CudaMatrix DWeights,
        CudaMatrix DBiases,
        int Rows,
        int Columns,
        int Count,
        int Accumulate);
}
