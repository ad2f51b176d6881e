using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x + α ⊙ (act(x) − x) with α of each column; backward dx = dy + α ⊙ (dy ⊙ act′(x) − dy) and dαⱼ = Σᵢ dyᵢⱼ·(act(xᵢⱼ) − xᵢⱼ). Float32
/// arithmetic, y and dx rounded once when stored. NaN and ±∞ propagate.
/// </summary>
/// <remarks>Rows are added in order within blocks of <see cref="BlockRows"/>, the blocks in order: the same bits for every number of
/// threads, every vector width and on a card.</remarks>
internal static partial class ParametricKernel
{
    /// <summary>Rows of a block of a sum.</summary>
    public const int BlockRows = 16;

    /// <summary>y from x, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">act.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="shares">α: (1, C) Float32.</param>
    /// <param name="y">(N, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, ActivationKind kind, Tensor x, Tensor shares, Tensor y)
    {
        RequireShape(x, shares, y);
        if (device is CudaDevice cuda)
        {
            Forward(cuda, kind, x, shares, y);
        }
        else
        {
            ParametricForwardJob.Run((CpuDevice)device, kind, x, shares, y);
        }
    }

    /// <summary>The gradients that are asked for, on either engine.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">act.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="shares">α: (1, C) Float32.</param>
    /// <param name="gradients">dy and where the others go.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, ActivationKind kind, Tensor x, Tensor shares, in ParametricGradients gradients)
    {
        RequireShape(x, shares, gradients.Dy);
        if (device is CudaDevice cuda)
        {
            Backward(cuda, kind, x, shares, gradients);
        }
        else
        {
            ParametricBackwardJob.Run((CpuDevice)device, kind, x, shares, gradients);
        }
    }

    private static void RequireShape(in Tensor x, in Tensor shares, in Tensor y)
    {
        if (y.Rows != x.Rows || y.Columns != x.Columns || shares.Rows != 1 || shares.Columns != x.Columns)
        {
            throw new ArgumentException(
                $"x is ({x.Rows}, {x.Columns}), α ({shares.Rows}, {shares.Columns}), y or dy ({y.Rows}, {y.Columns});"
                + " x and y must be of one shape, and α a row of as many columns.");
        }
    }
}

/// <summary>dy, (N, C), and where the gradients go.</summary>
/// <param name="Dy">(N, C), any storage format.</param>
/// <param name="Dx">(N, C), any storage format; may be dy; without an address where it is not wanted.</param>
/// <param name="DShares">dα: (1, C) Float32; without an address where it is not wanted.</param>
/// <param name="Accumulate">Adds dα to what is there.</param>
internal readonly record struct ParametricGradients(Tensor Dy, Tensor Dx, Tensor DShares, bool Accumulate);
