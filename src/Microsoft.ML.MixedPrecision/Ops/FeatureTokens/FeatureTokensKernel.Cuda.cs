using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (feature_tokens_forward.cu, feature_tokens_backward.cu): the same bits.</content>
internal static partial class FeatureTokensKernel
{
    private const string BackwardFile = "feature_tokens_backward.cu";

    private static void Forward(CudaDevice device, in FeatureTokensArguments arguments, Tensor y)
    {
        Tensor x = arguments.X;
        device.LaunchOver(
            new KernelVariant("feature_tokens_forward.cu", "feature_tokens_forward", x.Format.Storage(), y.Format.Storage()),
            y,
            new ForwardArguments(
                x, arguments.Weight, arguments.Bias, y, y.Rows, y.Columns, arguments.Tokens, arguments.Count));
    }

    private static void Backward(CudaDevice device, in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
    {
        Tensor x = arguments.X;
        bool wantsInput = gradients.Dx.Address != 0;
        NumericFormat formatX = x.Format.Storage(), formatDy = gradients.Dy.Format.Storage();
        NumericFormat formatDx = (wantsInput ? gradients.Dx : x).Format.Storage();
        var given = new BackwardArguments(
            x,
            gradients.Dy,
            gradients.Dx,
            arguments.Weight,
            gradients.Weight,
            gradients.Bias,
            x.Rows,
            arguments.Columns,
            arguments.Tokens,
            arguments.Count,
            gradients.Accumulate ? 1 : 0);
        if (gradients.Bias.Address != 0)
        {
            device.Launch(
                new KernelVariant(BackwardFile, "feature_tokens_sums", formatX, formatDy, formatDx),
                (arguments.Tokens, Quotients.Quotient(arguments.Columns, ColumnLanes)),
                ColumnLanes * RowLanes,
                given);
        }

        if (wantsInput)
        {
            device.LaunchOver(
                new KernelVariant(BackwardFile, "feature_tokens_slopes", formatX, formatDy, formatDx),
                (long)x.Rows * arguments.Count * ColumnLanes,
                given);
            device.LaunchOver(
                new KernelVariant(BackwardFile, "feature_tokens_cells", formatX, formatDy, formatDx),
                (long)x.Rows * (x.Columns - arguments.Count),
                given);
        }
    }

    private readonly record struct ForwardArguments(
        CudaMatrix X, CudaMatrix Weight, CudaMatrix Bias, CudaMatrix Y, int Rows, int Columns, int Tokens, int Count);

    private readonly record struct BackwardArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Dx,
        CudaMatrix Weight,
        CudaMatrix DWeight,
        CudaMatrix DBias,
        int Examples,
        int Columns,
        int Tokens,
        int Count,
        int Accumulate);
}
