using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Chunks of columns of y, each with its statistics.</summary>
internal readonly unsafe struct BatchNormForwardJob : IRangeKernel
{
    private const int Chunk = BatchNormChunk.Columns;

    private readonly BatchNormArguments _arguments;
    private readonly BatchNormRunning _running;

    private BatchNormForwardJob(in BatchNormArguments arguments, in BatchNormRunning running)
        => (_arguments, _running) = (arguments, running);

    /// <summary>Statistics and y.</summary>
    public static void Run(CpuDevice device, in BatchNormArguments arguments, in BatchNormRunning running)
    {
        Tensor x = arguments.X;
        Partition.Run(
            device,
            new BatchNormForwardJob(arguments, running),
            BatchNormChunk.Count(x),
            (long)x.Rows * x.Columns,
            BatchNormChunk.LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (long chunk = start; chunk < end; chunk++)
        {
            (int Start, int Count) columns = BatchNormChunk.Range(_arguments.X, chunk);
            if (_running.Mean.Staged.Address == 0)
            {
                BatchNormStatistics<TLanes, TVector>.OfRunning(_arguments.Statistics, _running, columns);
            }
            else
            {
                BatchNormStatistics<TLanes, TVector>.OfBatch(_arguments, _running, columns);
            }

            Normalize<TLanes, TVector>(columns);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize<TLanes, TVector>((int Start, int Count) columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Tensor x = _arguments.X, y = _arguments.Y;
        float* values = stackalloc float[Chunk], scale = stackalloc float[Chunk], shift = stackalloc float[Chunk];
        BatchNormChunk.Load(_arguments.Scale, 0, columns, scale);
        BatchNormChunk.Load(_arguments.Shift, 0, columns, shift);
        var normalizer = new BatchNormNormalizer<TLanes, TVector>(_arguments.Statistics, columns);
        for (int row = 0; row < x.Rows; row++)
        {
            ConvertKernel.Convert<TLanes, TVector>(
                x.Format.Storage(),
                x.Element(row, columns.Start),
                NumericFormat.Float32,
                values,
                columns.Count);
            for (int i = 0; i < Chunk; i += TLanes.Count)
            {
                TLanes.Store(
                    TLanes.FusedMultiplyAdd(TLanes.Load(scale + i), normalizer.Normalize(values, i), TLanes.Load(shift + i)),
                    values + i);
            }

            ConvertKernel.Convert<TLanes, TVector>(
                NumericFormat.Float32,
                values,
                y.Format.Storage(),
                y.Element(row, columns.Start),
                columns.Count);
        }
    }
}
