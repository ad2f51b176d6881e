using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Chunks of columns of the members, one member's after the other's: their rows of dx, and their sums.</summary>
internal readonly unsafe struct MemberScaleBackwardJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int LeastElements = 8192;

    private readonly MemberScaleArguments _arguments;

    private MemberScaleBackwardJob(in MemberScaleArguments arguments) => _arguments = arguments;

    private int Chunks => (_arguments.X.Columns + ChunkColumns - 1) / ChunkColumns;

    private int Examples => _arguments.X.Rows / _arguments.Members;

    /// <summary>The gradients.</summary>
    public static void Run(CpuDevice device, in MemberScaleArguments arguments)
    {
        Tensor x = arguments.X;
        var job = new MemberScaleBackwardJob(arguments);
        Partition.Run(device, job, (long)arguments.Members * job.Chunks, (long)x.Rows * x.Columns, LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (long unit = start; unit < end; unit++)
        {
            (long member, long chunk) = Math.DivRem(unit, Chunks);
            int column = (int)chunk * ChunkColumns;
            RunChunk<TLanes, TVector>((int)member, (column, Math.Min(ChunkColumns, _arguments.X.Columns - column)));
        }
    }

    [SkipLocalsInit]
    private void RunChunk<TLanes, TVector>(int member, (int Start, int Count) columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var totals = stackalloc float[MemberSums.Most * ChunkColumns];
        var block = stackalloc float[MemberSums.Most * ChunkColumns];
        new Span<float>(totals, MemberSums.Most * ChunkColumns).Clear();
        int examples = MemberSums.BlockExamples(Examples);
        for (int first = 0; first < Examples; first += examples)
        {
            new Span<float>(block, MemberSums.Most * ChunkColumns).Clear();
            for (int example = first; example < Math.Min(first + examples, Examples); example++)
            {
                RunRow<TLanes, TVector>((example * _arguments.Members) + member, member, columns, block);
            }

            LayerNormRow<TLanes, TVector>.Add(totals, block, MemberSums.Most * ChunkColumns);
        }

        Finish<TLanes, TVector>(_arguments.DScale, member, columns, totals);
        Finish<TLanes, TVector>(_arguments.DBias, member, columns, totals + ChunkColumns);
        Finish<TLanes, TVector>(_arguments.DNext, member, columns, totals + (2 * ChunkColumns));
    }

    [SkipLocalsInit]
    private void RunRow<TLanes, TVector>(int row, int member, (int Start, int Count) columns, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var x = stackalloc float[ChunkColumns];
        var y = stackalloc float[ChunkColumns];
        var d = stackalloc float[ChunkColumns];
        (int start, int count) = columns;
        Tensor rows = _arguments.X, dy = _arguments.Dy, dx = _arguments.Dx;
        ActivationKind kind = _arguments.Activation;
        ConvertKernel.Convert<TLanes, TVector>(rows.Format.Storage(), rows.Element(row, start), NumericFormat.Float32, x, count);
        ConvertKernel.Convert<TLanes, TVector>(dy.Format.Storage(), dy.Element(row, start), NumericFormat.Float32, d, count);

        // z, which the derivatives of some activations are computed from; then act(z), which those of the others are.
        var z = stackalloc float[ChunkColumns];
        MemberScaleRow<TLanes, TVector>.Scale(_arguments, member, columns, x, z);
        ActivationKernel<TLanes, TVector>.Forward(kind, z, y, count);
        if (_arguments.Next.Address != 0)
        {
            LayerNormRow<TLanes, TVector>.AddProducts(sums + (2 * ChunkColumns), d, y, count);
            LayerNormRow<TLanes, TVector>.Multiply(d, (float*)_arguments.Next.Element(member, start), count);
        }

        if (kind != ActivationKind.None)
        {
            ActivationKernel<TLanes, TVector>.Backward(kind, d, Activations.SavesOutput(kind) ? y : z, d, count);
        }

        LayerNormRow<TLanes, TVector>.AddProducts(sums, d, x, count);
        LayerNormRow<TLanes, TVector>.Add(sums + ChunkColumns, d, count);
        if (dx.Address != 0)
        {
            LayerNormRow<TLanes, TVector>.Multiply(d, (float*)_arguments.Scale.Element(member, start), count);
            ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, d, dx.Format.Storage(), dx.Element(row, start), count);
        }
    }

    private void Finish<TLanes, TVector>(in Tensor target, int member, (int Start, int Count) columns, float* totals)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (target.Address == 0)
        {
            return;
        }

        var to = (float*)target.Element(member, columns.Start);
        if (_arguments.Accumulate)
        {
            LayerNormRow<TLanes, TVector>.Add(totals, to, columns.Count);
        }

        new Span<float>(totals, columns.Count).CopyTo(new Span<float>(to, columns.Count));
    }
}
