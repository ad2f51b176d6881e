using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x + table[t], t being the step of the row in its example, from 0: read in any storage format, the table in Float32, added in
/// Float32 and rounded once when stored. Rows of no example stay as they are.
/// </summary>
/// <remarks>dtable[t] = Σ dy over the examples that have a step t, in their order, in Float32; dx = dy. Every number has the
/// same bits on both engines, for every number of threads and every vector width.</remarks>
internal static partial class PositionsKernel
{
    /// <summary>Threads of a block of the backward pass on a card: <c>MOST_EXAMPLES</c> of positions.cu.</summary>
    private const int GradientThreads = 128;

    /// <summary>y.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(R, C), any storage format.</param>
    /// <param name="table">(P, C), Float32.</param>
    /// <param name="y">(R, C), any storage format.</param>
    /// <param name="places">Where examples lie.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Forward(Device device, Tensor x, Tensor table, Tensor y, in ExamplePlaces places)
    {
        Check(x, table, y, places);
        if (device is CudaDevice cuda)
        {
            cuda.LaunchOver(
                new Tensors.Kernels.KernelVariant("positions.cu", "positions_forward", x.Format.Storage(), y.Format.Storage()),
                y,
                new CudaArguments(x, table, y, places, x.Rows, x.Columns));
        }
        else
        {
            PositionsForwardJob.Run((CpuDevice)device, x, table, y, places);
        }
    }

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by step.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dy">(R, C), any storage format.</param>
    /// <param name="dtable">(P, C), Float32.</param>
    /// <param name="places">Where examples lie.</param>
    /// <param name="accumulate">Whether to add to what is there.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static void Backward(Device device, Tensor dy, Tensor dtable, in ExamplePlaces places, bool accumulate)
    {
        Check(dy, dtable, dy, places);
        if (device is CudaDevice cuda)
        {
            cuda.Launch(
                new Tensors.Kernels.KernelVariant("positions.cu", "positions_backward", dy.Format.Storage(), dy.Format.Storage()),
                (dtable.Rows, Quotients.Quotient(dtable.Columns, GradientThreads)),
                GradientThreads,
                new CudaGradientArguments(dy, dtable, places, dtable.Columns, accumulate ? 1 : 0));
        }
        else
        {
            PositionsBackwardJob.Run((CpuDevice)device, dy, dtable, places, accumulate);
        }
    }

    private static void Check(in Tensor x, in Tensor table, in Tensor y, in ExamplePlaces places)
    {
        if (x.Rows != y.Rows || x.Columns != y.Columns || table.Columns != x.Columns || table.Rows < places.Steps)
        {
            throw new ArgumentException($"x is ({x.Rows}, {x.Columns}), y ({y.Rows}, {y.Columns}), the table ({table.Rows}, "
                + $"{table.Columns}) for {places.Steps} steps; x and y must be alike, and the table have a row for each step.",
                nameof(table));
        }
    }

    private readonly record struct CudaArguments(CudaMatrix X, CudaMatrix Table, CudaMatrix Y, ExamplePlaces Places, int Rows, int Columns);

    private readonly record struct CudaGradientArguments(
        CudaMatrix Dy, CudaMatrix Dtable, ExamplePlaces Places, int Columns, int Accumulate);
}
