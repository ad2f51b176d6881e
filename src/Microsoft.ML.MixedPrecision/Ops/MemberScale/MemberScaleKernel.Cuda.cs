using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (member_scale_forward.cu, member_scale_backward.cu): the CPU's order of sums.</content>
internal static partial class MemberScaleKernel
{
    private const int BackwardThreads = 128;
    private const int Vector = 8;

    /// <summary>Bytes of working memory that the backward pass needs for so many rows or fewer.</summary>
    /// <param name="examples">N.</param>
    /// <param name="members">k.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int examples, int members, int columns)
        => MemberSums.CudaScratchBytes(examples, (long)MemberSums.Most * members * columns);

    private static void Forward(CudaDevice device, in MemberScaleArguments arguments)
    {
        Tensor x = arguments.X, y = arguments.Y;
        device.LaunchOver(
            new KernelVariant(
                "member_scale_forward.cu",
                "member_scale_forward",
                x.Format.Storage(),
                y.Format.Storage(),
                Number: (int)arguments.Activation),
            y,
            new ForwardArguments(x, y, arguments.Scale, arguments.Bias, arguments.Next, x.Rows, x.Columns, arguments.Members));
    }

    private static void Backward(CudaDevice device, in MemberScaleArguments arguments)
    {
        Tensor x = arguments.X, dx = arguments.Dx;
        int members = arguments.Members, examples = x.Rows / members, blocks = MemberSums.Blocks(examples);
        bool sums = arguments.DScale.Address != 0;
        nint scratch = sums ? device.Scratch(CudaScratchBytes(examples, members, x.Columns)) : 0;
        long threads = members * (((long)x.Columns + Vector - 1) / Vector);
        device.Launch(
            new KernelVariant(
                "member_scale_backward.cu",
                "member_scale_backward",
                x.Format.Storage(),
                arguments.Dy.Format.Storage(),
                (dx.Address == 0 ? x : dx).Format.Storage(),
                (int)arguments.Activation),
            ((int)((threads + BackwardThreads - 1) / BackwardThreads), blocks),
            BackwardThreads,
            new BackwardArguments(
                x,
                arguments.Dy,
                dx,
                arguments.Scale,
                arguments.Bias,
                arguments.Next,
                scratch,
                examples,
                x.Columns,
                members,
                MemberSums.BlockExamples(examples)));
        if (sums)
        {
            MemberSums.Total(device, scratch, blocks, arguments.Accumulate, arguments.DScale, arguments.DBias, arguments.DNext);
        }
    }

    private readonly record struct ForwardArguments(
        CudaMatrix X,
        CudaMatrix Y,
        CudaMatrix Scale,
        CudaMatrix Bias,
        CudaMatrix Next,
        int Rows,
        int Columns,
        int Members);

    private readonly record struct BackwardArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Dx,
        CudaMatrix Scale,
        CudaMatrix Bias,
        CudaMatrix Next,
        nint Sums,
        int Examples,
        int Columns,
        int Members,
        int BlockExamples);
}
