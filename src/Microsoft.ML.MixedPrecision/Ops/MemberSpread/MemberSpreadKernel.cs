using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y[n·k + i] = x[n] ⊙ rᵢ, or x[n] where there is no r, rounded once; dx[n] = Σᵢ dy[n·k + i] ⊙ rᵢ in the order of the members, rounded
/// once; drᵢ = Σₙ dy[n·k + i] ⊙ x[n] in the order of <see cref="MemberSums"/>. All in Float32; NaN and ±∞ propagate.
/// </summary>
internal static partial class MemberSpreadKernel
{
    /// <summary>y.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="scale">r: (k, C) Float32, or default: 1.</param>
    /// <param name="members">k.</param>
    /// <param name="y">(N·k, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or r is not Float32.</exception>
    public static void Forward(Device device, Tensor x, Tensor scale, int members, Tensor y)
    {
        Require(x, scale, members, y);
        if (device is CudaDevice cuda)
        {
            cuda.LaunchOver(
                Kernel("member_spread.cu", "member_spread", x, y),
                y,
                new Arguments(x, scale, y, y.Rows, y.Columns, members));
        }
        else
        {
            MemberSpreadJob.Forward((CpuDevice)device, x, scale, members, y);
        }
    }

    /// <summary>dx.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="dy">(N·k, C), any storage format.</param>
    /// <param name="scale">r: (k, C) Float32, or default: 1.</param>
    /// <param name="members">k.</param>
    /// <param name="dx">(N, C), any storage format. Padding is not touched.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or r is not Float32.</exception>
    public static void InputGradient(Device device, Tensor dy, Tensor scale, int members, Tensor dx)
    {
        Require(dx, scale, members, dy);
        if (device is CudaDevice cuda)
        {
            cuda.LaunchOver(
                Kernel("member_spread_input.cu", "member_spread_input", dy, dx),
                dx,
                new Arguments(dy, scale, dx, dx.Rows, dx.Columns, members));
        }
        else
        {
            MemberSpreadJob.InputGradient((CpuDevice)device, dy, scale, members, dx);
        }
    }

    /// <summary>dr = (accumulate ? dr : 0) + Σₙ dy ⊙ x.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="x">(N, C), any storage format.</param>
    /// <param name="dy">(N·k, C), any storage format.</param>
    /// <param name="dscale">(k, C) Float32. Padding is not touched.</param>
    /// <param name="accumulate">Adds to <paramref name="dscale"/>.</param>
    /// <exception cref="ArgumentException">The shapes do not fit, or dr is not Float32.</exception>
    public static void ScaleGradient(Device device, Tensor x, Tensor dy, Tensor dscale, bool accumulate)
    {
        Require(x, dscale, dscale.Rows, dy);
        if (device is CudaDevice cuda)
        {
            ScaleGradient(cuda, x, dy, dscale, accumulate);
        }
        else
        {
            MemberSpreadSumJob.Run((CpuDevice)device, x, dy, dscale, accumulate);
        }
    }

    private static void ScaleGradient(CudaDevice device, Tensor x, Tensor dy, Tensor dscale, bool accumulate)
    {
        const int Threads = 128;
        int blocks = MemberSums.Blocks(x.Rows);
        long pieces = dscale.Rows * (((long)x.Columns + 7) / 8);
        nint sums = device.Scratch(MemberSums.CudaScratchBytes(x.Rows, (long)dscale.Rows * dscale.Columns));
        device.Launch(
            Kernel("member_spread_sums.cu", "member_spread_sums", x, dy),
            ((int)((pieces + Threads - 1) / Threads), blocks),
            Threads,
            new SumArguments(x, dy, sums, x.Rows, x.Columns, dscale.Rows, MemberSums.BlockExamples(x.Rows)));
        MemberSums.Total(device, sums, blocks, accumulate, dscale);
    }

    private static KernelVariant Kernel(string file, string function, in Tensor from, in Tensor to)
        => new(file, function, from.Format.Storage(), to.Format.Storage());

    private static void Require(in Tensor examples, in Tensor scale, int members, in Tensor rows)
    {
        bool fits = scale.Address == 0
            || (scale.Format == NumericFormat.Float32 && scale.Rows == members && scale.Columns == examples.Columns);
        if (!fits || rows.Rows != (long)examples.Rows * members || rows.Columns != examples.Columns)
        {
            throw new ArgumentException($"Examples of ({examples.Rows}, {examples.Columns}) and {members} members of ({scale.Rows}, "
                + $"{scale.Columns}) {scale.Format} have no rows of ({rows.Rows}, {rows.Columns}); examples times members of the same "
                + $"columns, and Float32 members, are needed.");
        }
    }

    private readonly record struct Arguments(
        CudaMatrix From,
        CudaMatrix Scale,
        CudaMatrix To,
        int Rows,
        int Columns,
        int Members);

    private readonly record struct SumArguments(
        CudaMatrix X,
        CudaMatrix Dy,
        nint Sums,
        int Examples,
        int Columns,
        int Members,
        int BlockExamples);
}
