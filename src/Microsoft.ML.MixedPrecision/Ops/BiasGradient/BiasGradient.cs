using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The gradient of a bias: dbⱼ = Σᵢ dzᵢⱼ, in Float32. Rows are added in order within blocks, the blocks in order: the same
/// bits for every number of threads and every vector width. NaN and ±∞ propagate.
/// </summary>
internal static partial class BiasGradient
{
    /// <summary>Rows of a block of a matrix that is not large.</summary>
    private const int SmallBlockRows = 16;

    /// <summary>Elements from which on blocks have 32 rows.</summary>
    private const int LargeMatrix = 1 << 22;

    /// <summary>Elements from which on blocks have 64 rows.</summary>
    private const int VeryLargeMatrix = 1 << 25;

    /// <summary>dbias = (accumulate ? dbias : 0) + column sums of dz, on either engine; see the overload for the CPU.</summary>
    public static void Run(Device device, Tensor dz, Tensor dbias, bool accumulate)
    {
        if (device is CudaDevice cuda)
        {
            Run(cuda, dz, dbias, accumulate);
        }
        else
        {
            Run((CpuDevice)device, dz, dbias, accumulate);
        }
    }

    /// <summary>dbias = (accumulate ? dbias : 0) + column sums of dz.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dz">(N, C), any storage format; N = 0 gives zeros.</param>
    /// <param name="dbias">(1, C) Float32; padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dbias"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or <paramref name="dbias"/> is not Float32.</exception>
    public static void Run(CpuDevice device, Tensor dz, Tensor dbias, bool accumulate)
    {
        RequireShape(dz, dbias);
        BiasGradientJob.Run(device, dz, dbias, accumulate, BlockRows(dz));
    }

    /// <summary>Rows of a block: fewer where a matrix is small, so that a card has enough blocks to add at the same time.</summary>
    private static int BlockRows(in Tensor dz)
        => ((long)dz.Rows * dz.Columns) switch { >= VeryLargeMatrix => 64, >= LargeMatrix => 32, _ => SmallBlockRows };

    private static void RequireShape(in Tensor dz, in Tensor dbias)
    {
        if (dbias.Format.Storage() != NumericFormat.Float32)
        {
            throw new ArgumentException($"dbias is {dbias.Format}; sums are Float32.", nameof(dbias));
        }

        if (dbias.Rows != 1 || dbias.Columns != dz.Columns)
        {
            throw new ArgumentException($"dbias is ({dbias.Rows}, {dbias.Columns}); (1, {dz.Columns}) is needed.", nameof(dbias));
        }
    }
}
