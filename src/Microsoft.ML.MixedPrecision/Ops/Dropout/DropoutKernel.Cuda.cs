using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (dropout.cu): the same bits.</content>
internal static partial class DropoutKernel
{
    private static void Launch(CudaDevice device, Tensor x, Tensor y, in DropoutChoice choice, nint position)
    {
        var arguments = new Arguments(
            x,
            y,
            position,
            x.Rows,
            x.Columns,
            choice.RowsPerExample,
            (uint)choice.Seed,
            (uint)RandomPurpose.Dropout,
            (uint)choice.Layer,
            choice.ThresholdOf(0),
            choice.ScaleOf(0),
            choice.Rate,
            choice.Course);
        device.LaunchOver(new KernelVariant("dropout.cu", "dropout", x.Format.Storage(), y.Format.Storage()), y, arguments);
    }

    private readonly record struct Arguments(
        CudaMatrix X,
        CudaMatrix Y,
        nint Position,
        int Rows,
        int Columns,
        int RowsPerExample,
        uint Seed,
        uint Purpose,
        uint Layer,
        uint Threshold,
        float Scale,
        float Rate,
        RegularizationCourse Course);
}
