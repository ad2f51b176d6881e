using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Numbers and waves of them. Of number i, i &lt; n: hⱼ = cos(2πwᵢⱼxᵢ + bᵢⱼ) for 16 j, and y = [xᵢ, Σⱼ Vᵢₖⱼhⱼ + cᵢₖ for three k]; the
/// columns of x from n on follow as they are. Backward, with gⱼ = −sin(2πwᵢⱼxᵢ + bᵢⱼ)·Σₖ dyₖVᵢₖⱼ:
/// dVᵢₖⱼ = Σ dyₖhⱼ, dcᵢₖ = Σ dyₖ, dbᵢⱼ = Σ gⱼ, dwᵢⱼ = 2πΣ gⱼxᵢ over the rows, and dxᵢ = dy of xᵢ + 2πΣⱼ wᵢⱼgⱼ.
/// </summary>
/// <remarks>
/// Float32 arithmetic, y and dx rounded once when stored. Angles are computed in turns, u = wx + b/2π, less their whole part; beyond 2²¹
/// turns an angle counts as 2²¹. Sums over rows are 16 sums of every 16th row, then these in order: the same bits for every number of
/// threads, every vector width and on a card; dx may differ there in its last place. Source: PBLD of RealMLP, D. Holzmüller et al.
/// (https://arxiv.org/abs/2407.04491), after Y. Gorishniy et al., "On Embeddings for Numerical Features"
/// (https://arxiv.org/abs/2203.05556).
/// </remarks>
internal static partial class PeriodicKernel
{
    /// <summary>Rows that are added apart from each other.</summary>
    public const int RowLanes = 16;

    /// <summary>1/2π.</summary>
    public const float TurnsPerRadian = (float)(1 / (2 * Math.PI));

    /// <summary>2π.</summary>
    public const float RadiansPerTurn = (float)(2 * Math.PI);

    /// <summary>y from x, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors.</param>
    /// <param name="y">(N, 4n + C − n), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, in PeriodicArguments arguments, Tensor y)
    {
        RequireShape(arguments, y, nameof(y));
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments, y);
        }
        else
        {
            PeriodicForwardJob.Run((CpuDevice)device, arguments, y);
        }
    }

    /// <summary>The gradients that are asked for, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">Tensors of the forward pass.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, in PeriodicArguments arguments, in PeriodicGradients gradients)
    {
        RequireShape(arguments, gradients.Dy, nameof(gradients));
        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments, gradients);
        }
        else
        {
            PeriodicBackwardJob.Run((CpuDevice)device, arguments, gradients);
        }
    }

    private static void RequireShape(in PeriodicArguments arguments, in Tensor y, string name)
    {
        int columns = (PeriodicParameters.Columns * arguments.Count) + arguments.Rest;
        if (arguments.Rest < 0 || y.Rows != arguments.X.Rows || y.Columns != columns)
        {
            throw new ArgumentException($"It is ({y.Rows}, {y.Columns}); ({arguments.X.Rows}, {columns}) is needed, {arguments.Count} of "
                + $"{arguments.X.Columns} columns being embedded.", name);
        }
    }
}
