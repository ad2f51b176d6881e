using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Examples that are spread over members, or whose gradients are gathered from them, through short Float32 buffers.</summary>
internal readonly unsafe struct MemberSpreadJob : IRangeKernel
{
    private const int BufferSize = 512;
    private const int LeastElements = 8192;

    private readonly Tensor _examples;
    private readonly Tensor _scale;
    private readonly int _members;
    private readonly Tensor _rows;
    private readonly bool _gathers;

    private MemberSpreadJob(in Tensor examples, in Tensor scale, int members, in Tensor rows, bool gathers)
        => (_examples, _scale, _members, _rows, _gathers) = (examples, scale, members, rows, gathers);

    private bool Scales => _scale.Address != 0;

    /// <summary>y.</summary>
    public static void Forward(CpuDevice device, in Tensor x, in Tensor scale, int members, in Tensor y)
        => Run(device, new MemberSpreadJob(x, scale, members, y, gathers: false));

    /// <summary>dx.</summary>
    public static void InputGradient(CpuDevice device, in Tensor dy, in Tensor scale, int members, in Tensor dx)
        => Run(device, new MemberSpreadJob(dx, scale, members, dy, gathers: true));

    private static void Run(CpuDevice device, in MemberSpreadJob job)
        => Partition.Run(device, job, job._examples.Rows, (long)job._rows.Rows * job._rows.Columns, LeastElements);

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var values = stackalloc float[BufferSize];
        var row = stackalloc float[BufferSize];
        for (int example = (int)start; example < end; example++)
        {
            for (int column = 0; column < _examples.Columns; column += BufferSize)
            {
                int count = Math.Min(BufferSize, _examples.Columns - column);
                if (_gathers)
                {
                    Gather<TLanes, TVector>(example, (column, count), values, row);
                }
                else
                {
                    Spread<TLanes, TVector>(example, (column, count), values, row);
                }
            }
        }
    }

    private void Spread<TLanes, TVector>(int example, (int Start, int Count) columns, float* values, float* row)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        (int start, int count) = columns;
        NumericFormat from = _examples.Format.Storage(), to = _rows.Format.Storage();
        ConvertKernel.Convert<TLanes, TVector>(from, _examples.Element(example, start), NumericFormat.Float32, values, count);
        for (int member = 0; member < _members; member++)
        {
            new ReadOnlySpan<float>(values, count).CopyTo(new Span<float>(row, count));
            if (Scales)
            {
                LayerNormRow<TLanes, TVector>.Multiply(row, (float*)_scale.Element(member, start), count);
            }

            void* y = _rows.Element((example * _members) + member, start);
            ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, row, to, y, count);
        }
    }

    private void Gather<TLanes, TVector>(int example, (int Start, int Count) columns, float* values, float* row)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        (int start, int count) = columns;
        NumericFormat from = _rows.Format.Storage(), to = _examples.Format.Storage();
        new Span<float>(values, count).Clear();
        for (int member = 0; member < _members; member++)
        {
            void* dy = _rows.Element((example * _members) + member, start);
            ConvertKernel.Convert<TLanes, TVector>(from, dy, NumericFormat.Float32, row, count);
            if (Scales)
            {
                LayerNormRow<TLanes, TVector>.AddProducts(values, row, (float*)_scale.Element(member, start), count);
            }
            else
            {
                LayerNormRow<TLanes, TVector>.Add(values, row, count);
            }
        }

        ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, values, to, _examples.Element(example, start), count);
    }
}

/// <summary>Chunks of columns of the members' gradients, one member's after the other's.</summary>
internal readonly unsafe struct MemberSpreadSumJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int LeastElements = 8192;

    private readonly Tensor _x;
    private readonly Tensor _dy;
    private readonly Tensor _dscale;
    private readonly bool _accumulate;

    private MemberSpreadSumJob(in Tensor x, in Tensor dy, in Tensor dscale, bool accumulate)
        => (_x, _dy, _dscale, _accumulate) = (x, dy, dscale, accumulate);

    private int Chunks => (_x.Columns + ChunkColumns - 1) / ChunkColumns;

    /// <summary>dr.</summary>
    public static void Run(CpuDevice device, in Tensor x, in Tensor dy, in Tensor dscale, bool accumulate)
    {
        var job = new MemberSpreadSumJob(x, dy, dscale, accumulate);
        Partition.Run(device, job, (long)dscale.Rows * job.Chunks, (long)dy.Rows * dy.Columns, LeastElements);
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
            SumChunk<TLanes, TVector>((int)member, column, Math.Min(ChunkColumns, _x.Columns - column));
        }
    }

    [SkipLocalsInit]
    private void SumChunk<TLanes, TVector>(int member, int column, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var total = stackalloc float[ChunkColumns];
        var block = stackalloc float[ChunkColumns];
        var x = stackalloc float[ChunkColumns];
        var d = stackalloc float[ChunkColumns];
        new Span<float>(total, count).Clear();
        int examples = MemberSums.BlockExamples(_x.Rows);
        for (int first = 0; first < _x.Rows; first += examples)
        {
            new Span<float>(block, count).Clear();
            for (int example = first; example < Math.Min(first + examples, _x.Rows); example++)
            {
                void* dy = _dy.Element((example * _dscale.Rows) + member, column);
                ConvertKernel.Convert<TLanes, TVector>(_x.Format.Storage(), _x.Element(example, column), NumericFormat.Float32, x, count);
                ConvertKernel.Convert<TLanes, TVector>(_dy.Format.Storage(), dy, NumericFormat.Float32, d, count);
                LayerNormRow<TLanes, TVector>.AddProducts(block, d, x, count);
            }

            LayerNormRow<TLanes, TVector>.Add(total, block, count);
        }

        var target = (float*)_dscale.Element(member, column);
        if (_accumulate)
        {
            LayerNormRow<TLanes, TVector>.Add(total, target, count);
        }

        new Span<float>(total, count).CopyTo(new Span<float>(target, count));
    }
}
