using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What both halves of the backward pass begin with.</summary>
internal static unsafe class LayerNormBackward<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>x̂ and dn = dy ⊙ act′(n) of some columns of a row; <paramref name="n"/> is working memory.</summary>
    public static void Load(
        in LayerNormArguments arguments,
        in Tensor dy,
        int row,
        (int Start, int Count) columns,
        float* normalized,
        float* dn,
        float* n)
    {
        var statistics = (float*)arguments.Statistics.Row(row);
        ConvertKernel.Convert<TLanes, TVector>(
            arguments.X.Format.Storage(),
            arguments.X.Element(row, columns.Start),
            NumericFormat.Float32,
            normalized,
            columns.Count);
        LayerNormRow<TLanes, TVector>.Subtract(normalized, statistics[0], columns.Count);
        LayerNormRow<TLanes, TVector>.Normalize(normalized, statistics[1], statistics[2], columns.Count);
        ConvertKernel.Convert<TLanes, TVector>(
            dy.Format.Storage(),
            dy.Element(row, columns.Start),
            NumericFormat.Float32,
            dn,
            columns.Count);
        if (arguments.Activation == ActivationKind.None)
        {
            return;
        }

        var scale = (float*)arguments.Scale.Address + columns.Start;
        var shift = (float*)arguments.Shift.Address + columns.Start;
        LayerNormRow<TLanes, TVector>.ScaleAndShift(normalized, scale, shift, n, columns.Count);
        if (Activations.SavesOutput(arguments.Activation))
        {
            ActivationKernel<TLanes, TVector>.Forward(arguments.Activation, n, n, columns.Count);
        }

        ActivationKernel<TLanes, TVector>.Backward(arguments.Activation, dn, n, dn, columns.Count);
    }
}

/// <summary>Rows of dx.</summary>
internal readonly unsafe struct LayerNormInputJob : IRangeKernel
{
    private const int LeastElements = 8192;
    private const int Buffers = 3;

    private readonly CpuDevice _device;
    private readonly LayerNormArguments _arguments;
    private readonly LayerNormGradients _gradients;

    private LayerNormInputJob(CpuDevice device, in LayerNormArguments arguments, in LayerNormGradients gradients)
        => (_device, _arguments, _gradients) = (device, arguments, gradients);

    /// <summary>Bytes of a thread's buffers.</summary>
    public static long ScratchBytes(int columns) => (long)Buffers * columns * sizeof(float);

    /// <summary>dx.</summary>
    public static void Run(CpuDevice device, in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        Tensor x = arguments.X;
        device.ReserveScratch(ScratchBytes(x.Columns));
        Partition.Run(device, new LayerNormInputJob(device, arguments, gradients), x.Rows, (long)x.Rows * x.Columns, LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using ScratchLease scratch = _device.RentScratch(ScratchBytes(_arguments.X.Columns));
        for (int row = (int)start; row < end; row++)
        {
            RunRow<TLanes, TVector>(row, scratch.Floats);
        }
    }

    private void RunRow<TLanes, TVector>(int row, float* buffer)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int count = _arguments.X.Columns;
        float* normalized = buffer;
        float* g = buffer + count;
        LayerNormBackward<TLanes, TVector>.Load(_arguments, _gradients.Dy, row, (0, count), normalized, g, g + count);
        LayerNormRow<TLanes, TVector>.Multiply(g, (float*)_arguments.Scale.Address, count);
        float mean = LayerNormRow<TLanes, TVector>.Sum(g, count) / count;
        float slope = LayerNormRow<TLanes, TVector>.Dot(g, normalized, count) / count;
        float r = ((float*)_arguments.Statistics.Row(row))[2];
        LayerNormRow<TLanes, TVector>.InputGradient(g, normalized, mean, slope, r, count);
        ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, g, _gradients.Dx.Format.Storage(), _gradients.Dx.Row(row), count);
    }
}

/// <summary>Chunks of columns of dγ and dβ: rows are added in order within blocks of 64, the blocks in order.</summary>
internal readonly unsafe struct LayerNormParameterJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int BlockRows = 64;
    private const int LeastElements = 8192;

    private readonly LayerNormArguments _arguments;
    private readonly LayerNormGradients _gradients;

    private LayerNormParameterJob(in LayerNormArguments arguments, in LayerNormGradients gradients)
        => (_arguments, _gradients) = (arguments, gradients);

    /// <summary>dγ and dβ.</summary>
    public static void Run(CpuDevice device, in LayerNormArguments arguments, in LayerNormGradients gradients)
    {
        Tensor x = arguments.X;
        Partition.Run(device, new LayerNormParameterJob(arguments, gradients), Chunks(x), (long)x.Rows * x.Columns, LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int columns = _arguments.X.Columns;
        for (int column = (int)start * ChunkColumns; column < Math.Min(end * ChunkColumns, columns); column += ChunkColumns)
        {
            SumChunk<TLanes, TVector>(column, Math.Min(ChunkColumns, columns - column));
        }
    }

    private static int Chunks(in Tensor x) => (x.Columns + ChunkColumns - 1) / ChunkColumns;

    [SkipLocalsInit]
    private void SumChunk<TLanes, TVector>(int column, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var totals = stackalloc float[2 * ChunkColumns];
        new Span<float>(totals, 2 * ChunkColumns).Clear();
        for (int row = 0; row < _arguments.X.Rows; row += BlockRows)
        {
            AddBlock<TLanes, TVector>((row, Math.Min(row + BlockRows, _arguments.X.Rows)), (column, count), totals);
        }

        Finish<TLanes, TVector>(totals, (float*)_gradients.DScale.Element(0, column), count);
        Finish<TLanes, TVector>(totals + ChunkColumns, (float*)_gradients.DShift.Element(0, column), count);
    }

    [SkipLocalsInit]
    private void AddBlock<TLanes, TVector>((int Start, int End) rows, (int Start, int Count) columns, float* totals)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var block = stackalloc float[2 * ChunkColumns];
        new Span<float>(block, 2 * ChunkColumns).Clear();
        var normalized = stackalloc float[ChunkColumns];
        var dn = stackalloc float[ChunkColumns];
        var n = stackalloc float[ChunkColumns];
        for (int row = rows.Start; row < rows.End; row++)
        {
            LayerNormBackward<TLanes, TVector>.Load(_arguments, _gradients.Dy, row, columns, normalized, dn, n);
            LayerNormRow<TLanes, TVector>.AddProducts(block, dn, normalized, columns.Count);
            LayerNormRow<TLanes, TVector>.Add(block + ChunkColumns, dn, columns.Count);
        }
        LayerNormRow<TLanes, TVector>.Add(totals, block, 2 * ChunkColumns);
    }

    private void Finish<TLanes, TVector>(float* totals, float* target, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (_gradients.Accumulate)
        {
            LayerNormRow<TLanes, TVector>.Add(totals, target, count);
        }

        new Span<float>(totals, count).CopyTo(new Span<float>(target, count));
    }
}
