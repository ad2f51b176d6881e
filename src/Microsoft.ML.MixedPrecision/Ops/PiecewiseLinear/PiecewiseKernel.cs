using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// How far a number has come through T bins: of number i, i &lt; n, and bin t y = min(max((xᵢ − lowerᵢₜ)·factorᵢₜ, 0), 1), without the
/// lower bound in the first bin and the upper one in the last; the columns of x from n on follow as they are. Backward, dxᵢ = Σₜ
/// dyᵢₜ·factorᵢₜ over the bins whose bounds do not hold, in order, and dy of what is copied.
/// </summary>
/// <remarks>Float32 arithmetic, rounded once when stored; the same bits on either engine and for every number of threads. NaN propagates.
/// Source: Y. Gorishniy et al., "On Embeddings for Numerical Features" (https://arxiv.org/abs/2203.05556).</remarks>
internal static partial class PiecewiseKernel
{
    /// <summary>y from x, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">x and the bins.</param>
    /// <param name="y">(N, n·T + C − n), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, in PiecewiseArguments arguments, Tensor y)
    {
        RequireShape(arguments, y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, arguments, y);
        }
        else
        {
            PiecewiseJob.Forward((CpuDevice)device, arguments, y);
        }
    }

    /// <summary>dx from dy, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="arguments">x and the bins.</param>
    /// <param name="dy">(N, n·T + C − n), any storage format.</param>
    /// <param name="dx">(N, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, in PiecewiseArguments arguments, Tensor dy, Tensor dx)
    {
        RequireShape(arguments, dy);
        if (device is CudaDevice cuda)
        {
            Backward(cuda, arguments, dy, dx);
        }
        else
        {
            PiecewiseJob.Backward((CpuDevice)device, arguments, dy, dx);
        }
    }

    private static void RequireShape(in PiecewiseArguments arguments, in Tensor y)
    {
        if (arguments.Rest < 0 || y.Rows != arguments.X.Rows || y.Columns != arguments.Embedded + arguments.Rest)
        {
            throw new ArgumentException(
                $"It is ({y.Rows}, {y.Columns}); ({arguments.X.Rows}, {arguments.Embedded + arguments.Rest}) is needed, {arguments.Count} "
                + $"of {arguments.X.Columns} columns being embedded in {arguments.Bins} bins each.",
                nameof(y));
        }
    }
}

/// <summary>What a piecewise linear embedding reads.</summary>
/// <param name="X">x: (N, C), any storage format; its first n columns are embedded, the others copied.</param>
/// <param name="Lower">Where bins begin: (1, n·T) Float32.</param>
/// <param name="Factor">One over their widths; 0 for a bin without width: (1, n·T) Float32.</param>
/// <param name="Bins">T.</param>
internal readonly record struct PiecewiseArguments(Tensor X, Tensor Lower, Tensor Factor, int Bins)
{
    /// <summary>n.</summary>
    public int Count => Lower.Columns / Bins;

    /// <summary>n·T.</summary>
    public int Embedded => Lower.Columns;

    /// <summary>Columns that are copied.</summary>
    public int Rest => X.Columns - Count;
}
