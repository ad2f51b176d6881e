using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (member_mean.cu, member_mean_backward.cu); a member's columns are added in another order than on
/// the CPU.</content>
internal static partial class MemberMeanKernel
{
    private const int WarpThreads = 32;

    private static void Forward(CudaDevice device, MemberMeanKind kind, ReadOnlySpan<Tensor> values, in Tensor sums, in Tensor o)
    {
        var arguments = new ForwardArguments { Sums = sums, O = o, Examples = o.Rows, Columns = o.Columns, Values = values.Length };
        for (int i = 0; i < values.Length; i++)
        {
            int members = values[i].Rows / o.Rows;
            arguments.Z[i] = new Place(values[i], members, arguments.Members);
            arguments.Members += members;
        }

        if (kind == MemberMeanKind.LogMeanSoftmax)
        {
            device.LaunchOver(Kernel("member_log_sums", kind), (long)o.Rows * arguments.Members * WarpThreads, arguments);
        }

        device.LaunchOver(Kernel("member_mean", kind), (long)o.Rows * o.Columns, arguments);
    }

    private static void Backward(CudaDevice device, MemberMeanKind kind, in MemberMeanGradient gradient)
    {
        Tensor dz = gradient.DZ;
        var kernel = new KernelVariant("member_mean_backward.cu", "member_mean_backward", dz.Format.Storage(), Number: (int)kind);
        device.LaunchOver(kernel, (long)dz.Rows * WarpThreads, new BackwardArguments(
            gradient.Z,
            gradient.Sums,
            gradient.O,
            gradient.DO,
            dz,
            dz.Rows,
            dz.Columns,
            dz.Rows / gradient.DO.Rows,
            gradient.First,
            gradient.Members));
    }

    private static KernelVariant Kernel(string function, MemberMeanKind kind) => new("member_mean.cu", function, Number: (int)kind);

    /// <summary>One of the values: its members, and those of the values before.</summary>
    private readonly record struct Place(CudaMatrix Z, int Members, int First);

    [InlineArray(MostValues)]
    private struct Places
    {
        private Place _first;
    }

    private struct ForwardArguments
    {
        public CudaMatrix Sums;
        public CudaMatrix O;
        public int Examples;
        public int Columns;
        public int Members;
        public int Values;
        public Places Z;
    }

    private readonly record struct BackwardArguments(
        CudaMatrix Z,
        CudaMatrix Sums,
        CudaMatrix O,
        CudaMatrix DO,
        CudaMatrix DZ,
        int Rows,
        int Columns,
        int RowsPerExample,
        int First,
        int Members);
}
