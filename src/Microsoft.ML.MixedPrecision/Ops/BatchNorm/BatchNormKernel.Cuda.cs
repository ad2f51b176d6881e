using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (batch_norm_statistics.cu, batch_norm_forward.cu, batch_norm_sums.cu, batch_norm_backward.cu): sums
/// in the
/// same order as on the CPU.</content>
internal static partial class BatchNormKernel
{
    private const int SumThreads = 64;

    /// <summary>Columns that a thread does: <c>VECTOR</c> of common.cuh.</summary>
    private const int Vector = 8;

    private const int MostBlocksY = 65535;

    /// <summary>Bytes of working memory that a card needs for so many rows or fewer: two sums of each block.</summary>
    /// <param name="rows">N.</param>
    /// <param name="columns">C.</param>
    public static long CudaScratchBytes(int rows, int columns) => 2L * RowBlocks(rows) * columns * sizeof(float);

    private static void Launch(CudaDevice device, in BatchNormArguments arguments, in BatchNormRunning running)
    {
        Tensor x = arguments.X, y = arguments.Y;
        if (running.Mean.Staged.Address == 0)
        {
            var values = new RunningArguments(
                running.Mean.Committed.Address,
                running.Variance.Committed.Address,
                arguments.Statistics,
                x.Columns);
            device.LaunchOver(
                new KernelVariant("batch_norm_running.cu", "batch_norm_running"),
                arguments.Statistics with { Rows = 1 },
                values);
        }
        else
        {
            var values = new StatisticsArguments(
                x,
                arguments.Statistics,
                Scratch(device, x),
                device.Counters,
                running.Position,
                new(running.Mean),
                new(running.Variance),
                x.Rows,
                x.Columns);
            device.Launch(
                new KernelVariant("batch_norm_statistics.cu", "batch_norm_statistics", x.Format.Storage()),
                SumBlocks(x),
                SumThreads,
                values);
        }

        var kernel = new KernelVariant("batch_norm_forward.cu", "batch_norm_forward", x.Format.Storage(), y.Format.Storage());
        device.LaunchOver(
            kernel,
            y,
            new ForwardArguments(x, y, arguments.Statistics, arguments.Scale.Address, arguments.Shift.Address, x.Rows, x.Columns));
    }

    private static void Launch(CudaDevice device, in BatchNormArguments arguments, in BatchNormGradients gradients)
    {
        Tensor x = arguments.X, dy = gradients.Dy, dx = gradients.Dx;
        var sums = new SumArguments(
            x, dy, arguments.Statistics, Scratch(device, x), device.Counters, gradients.DScale.Address, gradients.DShift.Address,
            x.Rows, x.Columns, gradients.Accumulate ? 1 : 0);
        device.Launch(
            new KernelVariant("batch_norm_sums.cu", "batch_norm_sums", x.Format.Storage(), dy.Format.Storage()),
            SumBlocks(x),
            SumThreads,
            sums);
        if (dx.Address == 0)
        {
            return;
        }

        var kernel = new KernelVariant(
            "batch_norm_backward.cu",
            "batch_norm_backward",
            x.Format.Storage(),
            dy.Format.Storage(),
            dx.Format.Storage());
        device.LaunchOver(kernel, dx, new BackwardArguments(x, dy, dx, arguments.Statistics, arguments.Scale.Address, x.Rows, x.Columns));
    }

    private static nint Scratch(CudaDevice device, in Tensor x) => device.Scratch(CudaScratchBytes(x.Rows, x.Columns));

    private static int RowBlocks(int rows) => (int)(((long)rows + BlockRows - 1) / BlockRows);

    /// <summary>Blocks of 8 columns a thread, and of rows.</summary>
    private static (int X, int Y) SumBlocks(in Tensor x)
    {
        long across = ((((long)x.Columns + Vector - 1) / Vector) + SumThreads - 1) / SumThreads;
        if (across > CudaLane.CounterCount)
        {
            throw new ArgumentException($"x has {x.Columns} columns; at most {(long)CudaLane.CounterCount * SumThreads * Vector} can "
                + $"be normalised.", nameof(x));
        }

        return ((int)across, Math.Min(RowBlocks(x.Rows), MostBlocksY));
    }

    private readonly record struct RunningArguments(nint Mean, nint Variance, CudaMatrix Statistics, int Columns);

    /// <summary><c>Running</c> of batch_norm_statistics.cu.</summary>
    private readonly record struct RunningAddresses(nint Committed, nint Staged)
    {
        public RunningAddresses(in StateTensors state)
            : this(state.Committed.Address, state.Staged.Address)
        {
        }
    }

    private readonly record struct StatisticsArguments(
        CudaMatrix X,
        CudaMatrix Statistics,
        nint Partials,
        nint Counters,
        nint Position,
        RunningAddresses Mean,
        RunningAddresses Variance,
        int Rows,
        int Columns);

    private readonly record struct ForwardArguments(
        CudaMatrix X,
        CudaMatrix Y,
        CudaMatrix Statistics,
        nint Scale,
        nint Shift,
        int Rows,
        int Columns);

    private readonly record struct SumArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Statistics,
        nint Partials,
        nint Counters,
        nint DScale,
        nint DShift,
        int Rows,
        int Columns,
        int Accumulate);

    private readonly record struct BackwardArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        CudaMatrix Dx,
        CudaMatrix Statistics,
        nint Scale,
        int Rows,
        int Columns);
}
