using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Blocks of rows of one number of a periodic embedding, a vector of rows at a time.</summary>
internal readonly unsafe struct PeriodicForwardJob : IRangeKernel
{
    /// <summary>Waves that outweigh handing a part to another thread.</summary>
    private const int LeastWaves = 2048;

    private readonly PeriodicArguments _arguments;
    private readonly Tensor _y;

    private PeriodicForwardJob(in PeriodicArguments arguments, in Tensor y) => (_arguments, _y) = (arguments, y);

    /// <summary>y from x.</summary>
    public static void Run(CpuDevice device, in PeriodicArguments arguments, in Tensor y)
    {
        long units = (long)PeriodicColumn.BlocksOf(arguments.X.Rows) * arguments.Count;
        long waves = (long)arguments.X.Rows * arguments.Count * PeriodicParameters.Waves;
        Partition.Run(device, new PeriodicForwardJob(arguments, y), units, waves, LeastWaves);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (long unit = start; unit < end; unit++)
        {
            int feature = (int)(unit % _arguments.Count), row = (int)(unit / _arguments.Count) * PeriodicColumn.BlockRows;
            int rows = Math.Min(PeriodicColumn.BlockRows, _y.Rows - row);
            RunBlock<TLanes, TVector>(feature, row, rows);
            if (feature == 0)
            {
                CopyRest<TLanes, TVector>(row, rows);
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunBlock<TLanes, TVector>(int feature, int row, int rows)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var x = stackalloc float[PeriodicColumn.BlockRows];
        var sums = stackalloc float[PeriodicParameters.Sums * PeriodicColumn.BlockRows];
        PeriodicColumn.Load(_arguments.X, row, rows, feature, x);
        var frequencies = (float*)_arguments.Frequencies.Row(feature);
        var phases = (float*)_arguments.Phases.Row(feature);
        var weights = (float*)_arguments.Weights.Row(feature);
        var biases = (float*)_arguments.Biases.Row(feature);
        for (int i = 0; i < rows; i += TLanes.Count)
        {
            var at = TLanes.Load(x + i);
            TVector sum0 = TLanes.Broadcast(biases[0]), sum1 = TLanes.Broadcast(biases[1]), sum2 = TLanes.Broadcast(biases[2]);
            for (int j = 0; j < PeriodicParameters.Waves; j++)
            {
                var turn = PeriodicMath<TLanes, TVector>.Turn(
                    at,
                    TLanes.Broadcast(frequencies[j]),
                    TLanes.Broadcast(phases[j] * PeriodicKernel.TurnsPerRadian));
                var wave = PeriodicMath<TLanes, TVector>.Cosine(turn);
                sum0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weights[j]), wave, sum0);
                sum1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weights[j + PeriodicParameters.Waves]), wave, sum1);
                sum2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(weights[j + (2 * PeriodicParameters.Waves)]), wave, sum2);
            }

            TLanes.Store(sum0, sums + i);
            TLanes.Store(sum1, sums + PeriodicColumn.BlockRows + i);
            TLanes.Store(sum2, sums + (2 * PeriodicColumn.BlockRows) + i);
        }

        var cells = stackalloc float[PeriodicParameters.Columns];
        for (int i = 0; i < rows; i++)
        {
            cells[0] = x[i];
            cells[1] = sums[i];
            cells[2] = sums[PeriodicColumn.BlockRows + i];
            cells[3] = sums[(2 * PeriodicColumn.BlockRows) + i];
            ConvertKernel.Convert<LanesPortable, float>(
                NumericFormat.Float32,
                cells,
                _y.Format.Storage(),
                _y.Element(row + i, PeriodicParameters.Columns * feature),
                PeriodicParameters.Columns);
        }
    }

    private void CopyRest<TLanes, TVector>(int row, int rows)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => PeriodicColumn.CopyRest<TLanes, TVector>(
            (_arguments.X, _arguments.Count),
            (_y, PeriodicParameters.Columns * _arguments.Count),
            (row, rows),
            _arguments.Rest);
}
