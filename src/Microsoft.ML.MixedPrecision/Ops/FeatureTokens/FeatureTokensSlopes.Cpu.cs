using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a table, whose gradients come from those of their tokens.</summary>
internal readonly unsafe struct FeatureTokensSlopeJob : IRangeKernel
{
    private const int LeastElements = 16384;
    private const int Lanes = FeatureTokensKernel.ColumnLanes;

    private readonly FeatureTokensArguments _arguments;
    private readonly FeatureTokensGradients _gradients;

    private FeatureTokensSlopeJob(in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
        => (_arguments, _gradients) = (arguments, gradients);

    /// <summary>dx; nothing where it is not wanted.</summary>
    public static void Run(CpuDevice device, in FeatureTokensArguments arguments, in FeatureTokensGradients gradients)
    {
        if (gradients.Dx.Address != 0)
        {
            long elements = (long)gradients.Dy.Rows * gradients.Dy.Columns;
            Partition.Run(device, new FeatureTokensSlopeJob(arguments, gradients), arguments.X.Rows, elements, LeastElements);
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        Tensor dy = _gradients.Dy, dx = _gradients.Dx;
        int count = _arguments.Count, tokens = _arguments.Tokens, columns = _arguments.Columns;
        var sums = stackalloc float[Lanes];
        for (int row = (int)start; row < end; row++)
        {
            for (int number = 0; number < count; number++)
            {
                Fill<TLanes, TVector>(dy.Row((row * tokens) + 1 + number), (float*)_arguments.Weight.Row(number), sums);
                for (int half = Lanes / 2; half > 0; half /= 2)
                {
                    for (int i = 0; i < half; i++)
                    {
                        sums[i] += sums[i + half];
                    }
                }

                FormatLanes<LanesPortable, float>.Store(dx.Format.Storage(), sums[0], dx.Element(row, number), 0);
            }

            for (int token = 1 + count, column = count; token < tokens; token++, column += columns)
            {
                ConvertKernel.Convert<TLanes, TVector>(
                    dy.Format.Storage(), dy.Row((row * tokens) + token), dx.Format.Storage(), dx.Element(row, column), columns);
            }
        }
    }

    /// <summary>In lane i the sum of dy·w of every 32nd column from i on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill<TLanes, TVector>(void* dy, float* w, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _gradients.Dy.Format.Storage();
        new Span<float>(sums, Lanes).Clear();
        for (int first = 0; first < _arguments.Columns; first += Lanes)
        {
            int count = Math.Min(Lanes, _arguments.Columns - first), i = 0;
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                var slope = FormatLanes<TLanes, TVector>.Load(format, dy, first + i);
                TLanes.Store(TLanes.FusedMultiplyAdd(slope, TLanes.Load(w + first + i), TLanes.Load(sums + i)), sums + i);
            }

            for (; i < count; i++)
            {
                float slope = FormatLanes<LanesPortable, float>.Load(format, dy, first + i);
                sums[i] = MathF.FusedMultiplyAdd(slope, w[first + i], sums[i]);
            }
        }
    }
}
