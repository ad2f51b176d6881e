using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>All rows of one number of a periodic embedding; the unit behind the last number copies the gradients of what was
/// copied.</summary>
internal readonly unsafe struct PeriodicBackwardJob : IRangeKernel
{
    private const int LeastWaves = 1024;
    private const int Waves = PeriodicParameters.Waves;
    private const int Lanes = PeriodicKernel.RowLanes;

    private readonly PeriodicArguments _arguments;
    private readonly PeriodicGradients _gradients;

    private PeriodicBackwardJob(in PeriodicArguments arguments, in PeriodicGradients gradients)
        => (_arguments, _gradients) = (arguments, gradients);

    private bool WantsInput => _gradients.Dx.Address != 0;

    /// <summary>The gradients that are asked for.</summary>
    public static void Run(CpuDevice device, in PeriodicArguments arguments, in PeriodicGradients gradients)
    {
        long waves = (long)arguments.X.Rows * arguments.Count * Waves;
        Partition.Run(device, new PeriodicBackwardJob(arguments, gradients), arguments.Count + 1L, waves, LeastWaves);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var sums = stackalloc float[PeriodicSums.Elements];
        for (int feature = (int)start; feature < end; feature++)
        {
            if (feature < _arguments.Count)
            {
                RunColumn<TLanes, TVector>(feature, sums);
            }
            else if (WantsInput)
            {
                PeriodicColumn.CopyRest<TLanes, TVector>(
                    (_gradients.Dy, PeriodicParameters.Columns * _arguments.Count),
                    (_gradients.Dx, _arguments.Count),
                    (0, _gradients.Dx.Rows),
                    _arguments.Rest);
            }
        }
    }

    private void RunColumn<TLanes, TVector>(int feature, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        new Span<float>(sums, PeriodicSums.Elements).Clear();
        for (int row = 0; row < _arguments.X.Rows; row += PeriodicColumn.BlockRows)
        {
            AddBlock<TLanes, TVector>(feature, row, Math.Min(PeriodicColumn.BlockRows, _arguments.X.Rows - row), sums);
        }

        if (_gradients.Frequencies.Address != 0)
        {
            PeriodicSums.Store(sums, _gradients, feature);
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddBlock<TLanes, TVector>(int feature, int row, int rows, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        const int Block = PeriodicColumn.BlockRows;
        var x = stackalloc float[Block];
        var dy = stackalloc float[PeriodicParameters.Columns * Block];
        PeriodicColumn.Load(_arguments.X, row, rows, feature, x);
        for (int k = 0; k < PeriodicParameters.Columns; k++)
        {
            PeriodicColumn.Load(_gradients.Dy, row, rows, (PeriodicParameters.Columns * feature) + k, dy + (k * Block));
        }

        var frequencies = (float*)_arguments.Frequencies.Row(feature);
        var phases = (float*)_arguments.Phases.Row(feature);
        var weights = (float*)_arguments.Weights.Row(feature);
        for (int i = 0; i < rows; i += TLanes.Count)
        {
            int lane = i % Lanes;
            TVector at = TLanes.Load(x + i), slope = TLanes.Broadcast(0f);
            TVector dy0 = TLanes.Load(dy + Block + i), dy1 = TLanes.Load(dy + (2 * Block) + i), dy2 = TLanes.Load(dy + (3 * Block) + i);
            for (int j = 0; j < Waves; j++)
            {
                var frequency = TLanes.Broadcast(frequencies[j]);
                var turn = PeriodicMath<TLanes, TVector>.Turn(
                    at, frequency, TLanes.Broadcast(phases[j] * PeriodicKernel.TurnsPerRadian));
                var wave = PeriodicMath<TLanes, TVector>.Cosine(turn);
                var back = TLanes.Multiply(dy0, TLanes.Broadcast(weights[j]));
                back = TLanes.FusedMultiplyAdd(dy1, TLanes.Broadcast(weights[j + Waves]), back);
                back = TLanes.FusedMultiplyAdd(dy2, TLanes.Broadcast(weights[j + (2 * Waves)]), back);
                var g = VectorMath<TLanes, TVector>.Negate(TLanes.Multiply(PeriodicMath<TLanes, TVector>.Sine(turn), back));
                PeriodicSums.Add<TLanes, TVector>(sums, PeriodicSums.Frequency + j, lane, g, at);
                PeriodicSums.Add<TLanes, TVector>(sums, PeriodicSums.Phase + j, lane, g, TLanes.Broadcast(1f));
                PeriodicSums.Add<TLanes, TVector>(sums, j, lane, dy0, wave);
                PeriodicSums.Add<TLanes, TVector>(sums, Waves + j, lane, dy1, wave);
                PeriodicSums.Add<TLanes, TVector>(sums, (2 * Waves) + j, lane, dy2, wave);
                slope = TLanes.FusedMultiplyAdd(g, frequency, slope);
            }

            PeriodicSums.Add<TLanes, TVector>(sums, PeriodicSums.Bias, lane, dy0, TLanes.Broadcast(1f));
            PeriodicSums.Add<TLanes, TVector>(sums, PeriodicSums.Bias + 1, lane, dy1, TLanes.Broadcast(1f));
            PeriodicSums.Add<TLanes, TVector>(sums, PeriodicSums.Bias + 2, lane, dy2, TLanes.Broadcast(1f));
            TLanes.Store(TLanes.FusedMultiplyAdd(slope, TLanes.Broadcast(PeriodicKernel.RadiansPerTurn), TLanes.Load(dy + i)), dy + i);
        }

        for (int i = 0; WantsInput && i < rows; i++)
        {
            ConvertKernel.Convert<LanesPortable, float>(
                NumericFormat.Float32,
                dy + i,
                _gradients.Dx.Format.Storage(),
                _gradients.Dx.Element(row + i, feature),
                1);
        }
    }
}
