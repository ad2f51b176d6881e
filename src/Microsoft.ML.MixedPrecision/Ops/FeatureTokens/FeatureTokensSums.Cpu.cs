using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Tokens, whose parameters' gradients are summed up over all rows of the table.</summary>
internal readonly unsafe struct FeatureTokensSumJob : IRangeKernel
{
    private const int LeastElements = 16384;
    private const int Lanes = FeatureTokensKernel.RowLanes;

    /// <summary>Columns that are summed at a time.</summary>
    private const int Chunk = 128;

    private readonly FeatureTokensArguments _arguments;
    private readonly FeatureTokensGradients _gradients;

    private FeatureTokensSumJob(in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
        => (_arguments, _gradients) = (arguments, gradients);

    /// <summary>db and dw; nothing where they are not wanted.</summary>
    public static void Run(CpuDevice device, in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
    {
        if (gradients.Bias.Address != 0)
        {
            long elements = (long)gradients.Dy.Rows * gradients.Dy.Columns;
            Partition.Run(device, new FeatureTokensSumJob(arguments, gradients), arguments.Tokens, elements, LeastElements);
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var biases = stackalloc float[Lanes * Chunk];
        var weights = stackalloc float[Lanes * Chunk];
        for (int token = (int)start; token < end; token++)
        {
            bool isNumber = token > 0 && token <= _arguments.Count;
            for (int column = 0; column < _arguments.Columns; column += Chunk)
            {
                int count = Math.Min(Chunk, _arguments.Columns - column);
                new Span<float>(biases, Lanes * Chunk).Clear();
                new Span<float>(weights, Lanes * Chunk).Clear();
                for (int row = 0; row < _arguments.X.Rows; row++)
                {
                    int lane = row % Lanes * Chunk;
                    void* dy = _gradients.Dy.Element((row * _arguments.Tokens) + token, column);
                    RowSums<TLanes, TVector>.Add(biases + lane, _gradients.Dy.Format.Storage(), dy, count);
                    if (isNumber)
                    {
                        AddTimes<TLanes, TVector>(weights + lane, NumberOf(row, token), dy, count);
                    }
                }

                Store(biases, (float*)_gradients.Bias.Row(token) + column, count);
                if (isNumber)
                {
                    Store(weights, (float*)_gradients.Weight.Row(token - 1) + column, count);
                }
            }
        }
    }

    private float NumberOf(int row, int token)
        => FormatLanes<LanesPortable, float>.Load(_arguments.X.Format.Storage(), _arguments.X.Element(row, token - 1), 0);

    /// <summary>sums = sums + x·dy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddTimes<TLanes, TVector>(float* sums, float x, void* dy, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _gradients.Dy.Format.Storage();
        var factor = TLanes.Broadcast(x);
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var slope = FormatLanes<TLanes, TVector>.Load(format, dy, i);
            TLanes.Store(TLanes.FusedMultiplyAdd(factor, slope, TLanes.Load(sums + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] = MathF.FusedMultiplyAdd(x, FormatLanes<LanesPortable, float>.Load(format, dy, i), sums[i]);
        }
    }

    /// <summary>The lanes, added in order.</summary>
    private void Store(float* sums, float* to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            float total = sums[i];
            for (int lane = 1; lane < Lanes; lane++)
            {
                total += sums[(lane * Chunk) + i];
            }

            to[i] = _gradients.Accumulate ? to[i] + total : total;
        }
    }
}
