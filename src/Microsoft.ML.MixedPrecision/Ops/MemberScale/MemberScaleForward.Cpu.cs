using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of members, scaled, through short Float32 buffers.</summary>
internal readonly unsafe struct MemberScaleForwardJob : IRangeKernel
{
    private const int BufferSize = 512;
    private const int LeastElements = 8192;

    private readonly MemberScaleArguments _arguments;

    private MemberScaleForwardJob(in MemberScaleArguments arguments) => _arguments = arguments;

    /// <summary>y.</summary>
    public static void Run(CpuDevice device, in MemberScaleArguments arguments)
    {
        Tensor x = arguments.X;
        Partition.Run(device, new MemberScaleForwardJob(arguments), x.Rows, (long)x.Rows * x.Columns, LeastElements);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var values = stackalloc float[BufferSize];
        Tensor x = _arguments.X, y = _arguments.Y;
        for (int row = (int)start; row < end; row++)
        {
            for (int column = 0; column < x.Columns; column += BufferSize)
            {
                int count = Math.Min(BufferSize, x.Columns - column);
                ConvertKernel.Convert<TLanes, TVector>(x.Format.Storage(), x.Element(row, column), NumericFormat.Float32, values, count);
                Scale<TLanes, TVector>(values, row % _arguments.Members, column, count);
                ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, values, y.Format.Storage(), y.Element(row, column), count);
            }
        }
    }

    private void Scale<TLanes, TVector>(float* values, int member, int column, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        MemberScaleRow<TLanes, TVector>.Scale(_arguments, member, (column, count), values, values);
        if (_arguments.Activation != ActivationKind.None)
        {
            ActivationKernel<TLanes, TVector>.Forward(_arguments.Activation, values, values, count);
        }

        if (_arguments.Next.Address != 0)
        {
            LayerNormRow<TLanes, TVector>.Multiply(values, (float*)_arguments.Next.Element(member, column), count);
        }
    }
}

/// <summary>What both passes begin with.</summary>
internal static unsafe class MemberScaleRow<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>z = x ⊙ s + b of some columns of a member; z may be x.</summary>
    public static void Scale(in MemberScaleArguments arguments, int member, (int Start, int Count) columns, float* x, float* z)
    {
        var scale = (float*)arguments.Scale.Element(member, columns.Start);
        if (arguments.Bias.Address != 0)
        {
            LayerNormRow<TLanes, TVector>.ScaleAndShift(
                x,
                scale,
                (float*)arguments.Bias.Element(member, columns.Start),
                z,
                columns.Count);
            return;
        }

        if (z != x)
        {
            new ReadOnlySpan<float>(x, columns.Count).CopyTo(new Span<float>(z, columns.Count));
        }

        LayerNormRow<TLanes, TVector>.Multiply(z, scale, columns.Count);
    }
}
