using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = (keep ⊙ softmax(s))·V with s = Q·Kᵀ/√D, for each head of each example: step i of an example sees its steps j, or of them j ≤ i,
/// and no other ones. Nothing of the size T × T is kept.
/// </summary>
/// <remarks>
/// <para>Forward, with m the largest s of a row and p = exp(s − m), l = Σ p: y = Σⱼ round(keep·p)·vⱼ/l, where round is that to the operand
/// format of products, as Q, K, V and dy are rounded too where they are TensorFloat32: to nearest, ties to even, but on Tensor Cores
/// TensorFloat32's ties away from 0. Sums, exponentials and the quotient are Float32; y is rounded once, when stored. What is not seen is
/// left out of the softmax, as no number stands for it: a mask that adds −10⁹ would not even be a number in Float16, and makes rows that
/// see nothing an average.</para>
/// <para>Backward, with λ = m + ln l and p = exp(s − λ): Δ = Σ dy·y of a row, both as stored, dV = round(keep·p)ᵀ·dy,
/// ds = round(p ⊙ (keep ⊙ (dy·Vᵀ) − Δ)), dQ = ds·K/√D, dK = dsᵀ·Q/√D; sums in Float32, gradients rounded once.</para>
/// <para>keep is 1 where nothing is dropped, see <see cref="AttentionDropout"/>. A NaN in an example makes no other example's rows NaN.
/// Both directions give the same bits in each run, and each example's whatever others there are. Source: T. Dao et al., "FlashAttention",
/// NeurIPS 2022; A. Vaswani et al., "Attention Is All You Need", 2017.</para>
/// </remarks>
internal static partial class AttentionKernel
{
    /// <summary>y and, where wanted, the statistics, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors.</param>
    /// <exception cref="ArgumentException">The shapes or formats do not fit.</exception>
    public static void Forward(Device device, in AttentionArguments arguments)
    {
        Check(arguments);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments);
        }
        else
        {
            AttentionForwardJob.Run((CpuDevice)device, arguments);
        }
    }

    /// <summary>The gradients of Q, K and V, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy, and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes or formats do not fit.</exception>
    public static void Backward(Device device, in AttentionArguments arguments, in AttentionGradients gradients)
    {
        Check(arguments);
        RequireShape(arguments.Statistics, arguments.Shape.Rows, arguments.Shape.Heads, "statistics");
        RequireShape(gradients.Dy, arguments.Shape.Rows, arguments.Shape.Columns, "dy");
        RequireShape(gradients.Dqkv, arguments.Shape.Rows, 3 * arguments.Shape.Columns, "dqkv");
        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments, gradients, cuda.Scratch(CudaScratchBytes(arguments.Shape)));
        }
        else
        {
            AttentionBackwardJob.Run((CpuDevice)device, arguments, gradients);
        }
    }

    private static void Check(in AttentionArguments arguments)
    {
        RequireShape(arguments.Qkv, arguments.Shape.Rows, 3 * arguments.Shape.Columns, "qkv");
        RequireShape(arguments.Y, arguments.Shape.Rows, arguments.Shape.Columns, "y");
        if (arguments.Y.Format.Storage() != arguments.Qkv.Format.Storage())
        {
            throw new ArgumentException($"y is {arguments.Y.Format}, qkv {arguments.Qkv.Format}; both must be alike.", nameof(arguments));
        }

        if (arguments.Statistics.Address != 0)
        {
            RequireShape(arguments.Statistics, arguments.Shape.Rows, arguments.Shape.Heads, "statistics");
        }
    }

    private static void RequireShape(in Tensor tensor, int rows, int columns, string name)
    {
        if (tensor.Rows != rows || tensor.Columns != columns)
        {
            throw new ArgumentException($"{name} is ({tensor.Rows}, {tensor.Columns}); ({rows}, {columns}) is needed.", name);
        }
    }
}
