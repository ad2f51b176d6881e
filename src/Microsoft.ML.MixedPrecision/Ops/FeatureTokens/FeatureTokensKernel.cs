using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Tokens of a row of a table, one below the other: of n numbers, and of m cells of d columns behind them, y₀ = b₀, the token that a
/// Transformer gathers what it reads in, y₁₊ᵢ = xᵢ·wᵢ + b₁₊ᵢ of number i, and y₁₊ₙ₊ⱼ = cell j + b₁₊ₙ₊ⱼ. Backward, over the rows:
/// dbₜ = Σ dyₜ, dwᵢ = Σ xᵢ·dy₁₊ᵢ, dxᵢ = Σ over columns of dy₁₊ᵢ·wᵢ, and dy of what is copied.
/// </summary>
/// <remarks>
/// Float32 arithmetic, rounded once when stored. Sums over rows are those of every eighth row, then these in order; sums over columns
/// those of every 32nd column, halved in turn: the same bits on both engines, for every number of threads and every vector width. NaN
/// propagates. Source: the feature tokenizer of FT-Transformer, Y. Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data"
/// (https://arxiv.org/abs/2106.11959).
/// </remarks>
internal static partial class FeatureTokensKernel
{
    /// <summary>Sums of rows that are added apart from each other: <c>ROW_LANES</c> of feature_tokens_backward.cu.</summary>
    public const int RowLanes = 8;

    /// <summary>Sums of columns that are added apart from each other: the threads of a warp.</summary>
    public const int ColumnLanes = 32;

    /// <summary>y, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">x and the parameters.</param>
    /// <param name="y">(N·T, d), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, in FeatureTokensArguments arguments, Tensor y)
    {
        RequireShape(arguments, y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments, y);
        }
        else
        {
            FeatureTokensForwardJob.Run((CpuDevice)device, arguments, y);
        }
    }

    /// <summary>The gradients that are asked for, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
    {
        RequireShape(arguments, gradients.Dy);
        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments, gradients);
        }
        else
        {
            FeatureTokensSumJob.Run((CpuDevice)device, arguments, gradients);
            FeatureTokensSlopeJob.Run((CpuDevice)device, arguments, gradients);
        }
    }

    private static void RequireShape(in FeatureTokensArguments arguments, in Tensor y)
    {
        int width = arguments.Count + ((arguments.Tokens - 1 - arguments.Count) * arguments.Columns);
        if (y.Rows != (long)arguments.X.Rows * arguments.Tokens || y.Columns != arguments.Columns || arguments.X.Columns != width)
        {
            throw new ArgumentException(
                $"Of x ({arguments.X.Rows}, {arguments.X.Columns}) it is ({y.Rows}, {y.Columns}); {arguments.Tokens} tokens of "
                    + $"{arguments.Columns} columns, {arguments.Count} of them numbers, are made of {width} columns.",
                nameof(y));
        }
    }
}
