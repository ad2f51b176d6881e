using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Chunks of columns of dγ, dβ and dx.</summary>
internal readonly unsafe struct BatchNormBackwardJob : IRangeKernel
{
    private const int Chunk = BatchNormChunk.Columns;
    private const int ScaleRow = 3;
    private const int ShiftRow = 4;

    private readonly BatchNormArguments _arguments;
    private readonly BatchNormGradients _gradients;

    private BatchNormBackwardJob(in BatchNormArguments arguments, in BatchNormGradients gradients)
        => (_arguments, _gradients) = (arguments, gradients);

    /// <summary>The gradients that are asked for.</summary>
    public static void Run(CpuDevice device, in BatchNormArguments arguments, in BatchNormGradients gradients)
    {
        Tensor x = arguments.X;
        Partition.Run(
            device,
            new BatchNormBackwardJob(arguments, gradients),
            BatchNormChunk.Count(x),
            (long)x.Rows * x.Columns,
            BatchNormChunk.LeastElements);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* sums = stackalloc float[2 * Chunk];
        for (long chunk = start; chunk < end; chunk++)
        {
            (int Start, int Count) columns = BatchNormChunk.Range(_arguments.X, chunk);
            var normalizer = new BatchNormNormalizer<TLanes, TVector>(_arguments.Statistics, columns);
            Sum(columns, ref normalizer, sums);
            BatchNormChunk.Store(sums, _arguments.Statistics, ScaleRow, columns);
            BatchNormChunk.Store(sums + Chunk, _arguments.Statistics, ShiftRow, columns);
            if (_gradients.Dx.Address != 0)
            {
                InputGradient(columns, ref normalizer, sums);
            }

            if (_gradients.DScale.Address != 0)
            {
                Finish<TLanes, TVector>(sums, _gradients.DScale, columns);
                Finish<TLanes, TVector>(sums + Chunk, _gradients.DShift, columns);
            }
        }
    }

    /// <summary>Σ dy·x̂, then Σ dy: rows in order within blocks, the blocks in order.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum<TLanes, TVector>((int Start, int Count) columns, ref BatchNormNormalizer<TLanes, TVector> normalizer, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* x = stackalloc float[Chunk], dy = stackalloc float[Chunk], block = stackalloc float[2 * Chunk];
        new Span<float>(x, Chunk).Clear();
        new Span<float>(dy, Chunk).Clear();
        new Span<float>(sums, 2 * Chunk).Clear();
        for (int start = 0; start < _arguments.X.Rows; start += BatchNormKernel.BlockRows)
        {
            new Span<float>(block, 2 * Chunk).Clear();
            for (int row = start; row < Math.Min(start + BatchNormKernel.BlockRows, _arguments.X.Rows); row++)
            {
                Load<TLanes, TVector>(row, columns, x, dy);
                for (int i = 0; i < Chunk; i += TLanes.Count)
                {
                    TLanes.Store(
                        TLanes.FusedMultiplyAdd(TLanes.Load(dy + i), normalizer.Normalize(x, i), TLanes.Load(block + i)),
                        block + i);
                    TLanes.Store(TLanes.Add(TLanes.Load(block + Chunk + i), TLanes.Load(dy + i)), block + Chunk + i);
                }
            }

            for (int i = 0; i < 2 * Chunk; i += TLanes.Count)
            {
                TLanes.Store(TLanes.Add(TLanes.Load(sums + i), TLanes.Load(block + i)), sums + i);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void InputGradient<TLanes, TVector>(
        (int Start, int Count) columns,
        ref BatchNormNormalizer<TLanes, TVector> normalizer,
        float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Tensor dx = _gradients.Dx;
        float* x = stackalloc float[Chunk], dy = stackalloc float[Chunk], scale = stackalloc float[Chunk];
        new Span<float>(x, Chunk).Clear();
        new Span<float>(dy, Chunk).Clear();
        BatchNormChunk.Load(_arguments.Scale, 0, columns, scale);
        float inverse = 1f / dx.Rows;
        var (mean, slope) = (TLanes.Broadcast(inverse), TLanes.Broadcast(-inverse));
        for (int row = 0; row < dx.Rows; row++)
        {
            Load<TLanes, TVector>(row, columns, x, dy);
            for (int i = 0; i < Chunk; i += TLanes.Count)
            {
                var centred = TLanes.Subtract(TLanes.Load(dy + i), TLanes.Multiply(TLanes.Load(sums + Chunk + i), mean));
                var rest = TLanes.FusedMultiplyAdd(normalizer.Normalize(x, i), TLanes.Multiply(TLanes.Load(sums + i), slope), centred);
                TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(scale + i), normalizer.Deviation(i)), rest), dy + i);
            }

            ConvertKernel.Convert<TLanes, TVector>(
                NumericFormat.Float32,
                dy,
                dx.Format.Storage(),
                dx.Element(row, columns.Start),
                columns.Count);
        }
    }

    private void Load<TLanes, TVector>(int row, (int Start, int Count) columns, float* x, float* dy)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        ConvertKernel.Convert<TLanes, TVector>(
            _arguments.X.Format.Storage(),
            _arguments.X.Element(row, columns.Start),
            NumericFormat.Float32,
            x,
            columns.Count);
        ConvertKernel.Convert<TLanes, TVector>(
            _gradients.Dy.Format.Storage(),
            _gradients.Dy.Element(row, columns.Start),
            NumericFormat.Float32,
            dy,
            columns.Count);
    }

    [SkipLocalsInit]
    private void Finish<TLanes, TVector>(float* sums, in Tensor gradient, (int Start, int Count) columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (_gradients.Accumulate)
        {
            float* before = stackalloc float[Chunk];
            BatchNormChunk.Load(gradient, 0, columns, before);
            for (int i = 0; i < Chunk; i += TLanes.Count)
            {
                TLanes.Store(TLanes.Add(TLanes.Load(sums + i), TLanes.Load(before + i)), sums + i);
            }
        }

        BatchNormChunk.Store(sums, gradient, 0, columns);
    }
}
