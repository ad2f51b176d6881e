using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using static Microsoft.ML.MixedPrecision.Tensors.Quotients;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>All members at once on a graphics card (member_linear_….cu): Float32 arithmetic on operands as they are stored, sums in another
/// order than on the CPU, a fixed one.</content>
internal static partial class MemberLinearKernel
{
    private const int WarpThreads = 32;
    private const int Vector = 8;

    /// <summary>Examples that a warp or a thread does at once: <c>EXAMPLES</c> of member_linear_forward.cu and of
    /// member_linear_input.cu.</summary>
    private const int Examples = 4;

    /// <summary>Outputs that a warp does: <c>OUTPUTS</c> of member_linear_forward.cu.</summary>
    private const int ForwardOutputs = 16;

    /// <summary>Outputs that a thread does: <c>OUTPUTS</c> of member_linear_weight.cu.</summary>
    private const int WeightOutputs = 4;

    private const int WeightThreads = 128;

    /// <summary>Threads among which the sums of a weight's gradient are divided, by blocks of examples where its elements are too few for
    /// so many.</summary>
    private const long ManyThreads = 1 << 16;

    private const int LeastBlockExamples = 16;

    /// <summary>Bytes of working memory that the backward pass needs for so many examples or fewer.</summary>
    /// <param name="examples">N.</param>
    /// <param name="members">k.</param>
    /// <param name="outputs">C.</param>
    /// <param name="inputs">D.</param>
    public static long CudaScratchBytes(int examples, int members, int outputs, int inputs)
        => (long)MostBlocks(examples, members, outputs, inputs) * members * outputs * inputs * sizeof(float);

    private static void Forward(CudaDevice device, in Tensor x, in Tensor weight, in Tensor bias, in Tensor y)
    {
        int examples = x.Rows / bias.Rows;
        long warps = (long)bias.Rows * Quotient(examples, Examples) * Quotient(y.Columns, ForwardOutputs);
        device.LaunchOver(
            new KernelVariant("member_linear_forward.cu", "member_linear_forward", x.Format.Storage(), y.Format.Storage()),
            warps * WarpThreads,
            new ForwardArguments(x, weight, bias, y, examples, x.Columns, y.Columns, bias.Rows));
    }

    private static void InputGradient(CudaDevice device, in Tensor dy, in Tensor weight, int members, in Tensor dx)
    {
        int examples = dx.Rows / members;
        long threads = (long)members * Quotient(examples, Examples) * Quotient(dx.Columns, Vector);
        device.LaunchOver(
            new KernelVariant(
                "member_linear_input.cu",
                "member_linear_input",
                dy.Format.Storage(),
                weight.Format.Storage(),
                dx.Format.Storage()),
            threads,
            new InputArguments(dy, weight, dx, examples, dx.Columns, dy.Columns, members));
    }

    private static void ParameterGradients(
        CudaDevice device, in Tensor dy, in Tensor x, in Tensor dweight, in Tensor dbias, bool accumulate)
    {
        int members = dbias.Rows, outputs = dbias.Columns, examples = x.Rows / members;
        int most = MostBlocks(examples, members, outputs, x.Columns);
        int blockExamples = Math.Max(1, Quotient(examples, most)), blocks = Quotient(examples, blockExamples);
        nint sums = device.Scratch(CudaScratchBytes(examples, members, outputs, x.Columns));
        long threads = (long)members * Quotient(outputs, WeightOutputs) * Quotient(x.Columns, Vector);
        var arguments = new WeightArguments(
            dy, x, sums, dbias, examples, x.Columns, outputs, members, blockExamples, accumulate ? 1 : 0);
        device.Launch(
            new KernelVariant("member_linear_weight.cu", "member_linear_weight", dy.Format.Storage(), x.Format.Storage()),
            ((int)((threads + WeightThreads - 1) / WeightThreads), blocks),
            WeightThreads,
            arguments);
        MemberSums.Total(device, sums, blocks, accumulate, dweight);
        device.LaunchOver(
            new KernelVariant("member_linear_weight.cu", "member_linear_bias", dy.Format.Storage(), x.Format.Storage()),
            (long)members * outputs * WarpThreads,
            arguments);
    }

    /// <summary>Blocks of examples of so many examples; of fewer there are fewer.</summary>
    private static int MostBlocks(int examples, int members, int outputs, int inputs)
    {
        long threads = (long)members * Quotient(outputs, WeightOutputs) * Quotient(inputs, Vector);
        return (int)Math.Clamp((ManyThreads + threads - 1) / threads, 1, Math.Max(1, Quotient(examples, LeastBlockExamples)));
    }

    private readonly record struct ForwardArguments(
        CudaMatrix X,
        CudaMatrix Weight,
        CudaMatrix Bias,
        CudaMatrix Y,
        int Examples,
        int Inputs,
        int Outputs,
        int Members);

    private readonly record struct InputArguments(
        CudaMatrix Dy,
        CudaMatrix Weight,
        CudaMatrix Dx,
        int Examples,
        int Inputs,
        int Outputs,
        int Members);

    private readonly record struct WeightArguments(
        CudaMatrix Dy,
        CudaMatrix X,
        nint Sums,
        CudaMatrix DBias,
        int Examples,
        int Inputs,
        int Outputs,
        int Members,
        int BlockExamples,
        int Accumulate);
}
