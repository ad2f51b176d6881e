using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// One row of each example's rows: their mean Σ x/L, the first, the last, or of each column the largest; 0 for an example without rows.
/// Read in any storage format, computed in Float32, rounded once when stored.
/// </summary>
/// <remarks>Backward: dy/L in each row; dy in the first or the last and 0 in all others; dy where the largest is, in the first of
/// equals, and 0 elsewhere. 0 in rows of no example. A NaN makes its column of the example's mean NaN; of the largest it is passed over or
/// kept.</remarks>
internal static class PoolingKernel
{
    private const string File = "pooling.cu";

    /// <summary>Columns of a block on a card.</summary>
    private const int BlockColumns = 256;

    private const int Threads = 256;

    /// <summary>y.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">How.</param>
    /// <param name="x">(R, C), any storage format.</param>
    /// <param name="y">(N, C), any storage format.</param>
    /// <param name="places">Where examples lie.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, Pooling kind, Tensor x, Tensor y, in ExamplePlaces places)
    {
        Check(x, y, places);
        if (device is CudaDevice cuda)
        {
            cuda.Launch(
                new KernelVariant(File, "pooling_forward", x.Format.Storage(), y.Format.Storage(), Number: (int)kind),
                (places.Examples, (x.Columns + BlockColumns - 1) / BlockColumns),
                Threads,
                new CudaArguments(x, y, places, x.Rows, x.Columns));
        }
        else
        {
            PoolingForwardJob.Run((CpuDevice)device, kind, x, y, places);
        }
    }

    /// <summary>dx.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="kind">How.</param>
    /// <param name="x">(R, C), any storage format; read for <see cref="Pooling.Max"/> alone.</param>
    /// <param name="dy">(N, C), any storage format.</param>
    /// <param name="dx">(R, C), any storage format.</param>
    /// <param name="places">Where examples lie.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, Pooling kind, Tensor x, Tensor dy, Tensor dx, in ExamplePlaces places)
    {
        Check(dx, dy, places);
        if (device is CudaDevice cuda)
        {
            cuda.Launch(
                new KernelVariant(File, "pooling_backward", dx.Format.Storage(), dy.Format.Storage(), Number: (int)kind),
                (places.Examples + 1, (dx.Columns + BlockColumns - 1) / BlockColumns),
                Threads,
                new CudaGradientArguments(x, dy, dx, places, dx.Rows, dx.Columns));
        }
        else
        {
            PoolingBackwardJob.Run((CpuDevice)device, kind, x, dy, dx, places);
        }
    }

    private static void Check(in Tensor x, in Tensor y, in ExamplePlaces places)
    {
        if (y.Rows != places.Examples || x.Columns != y.Columns)
        {
            throw new ArgumentException($"x is ({x.Rows}, {x.Columns}), y ({y.Rows}, {y.Columns}) of {places.Examples} examples; y must "
                + "have a row of x's columns for each.", nameof(y));
        }
    }

    private readonly record struct CudaArguments(CudaMatrix X, CudaMatrix Y, ExamplePlaces Places, int Rows, int Columns);

    private readonly record struct CudaGradientArguments(
        CudaMatrix X, CudaMatrix Dy, CudaMatrix Dx, ExamplePlaces Places, int Rows, int Columns);
}
