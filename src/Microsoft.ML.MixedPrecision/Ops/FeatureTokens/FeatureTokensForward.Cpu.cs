using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a table, each of which becomes T rows of tokens.</summary>
internal readonly unsafe struct FeatureTokensForwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly FeatureTokensArguments _arguments;
    private readonly Tensor _y;

    private FeatureTokensForwardJob(in FeatureTokensArguments arguments, in Tensor y) => (_arguments, _y) = (arguments, y);

    /// <summary>y.</summary>
    public static void Run(CpuDevice device, in FeatureTokensArguments arguments, in Tensor y) => Partition.Run(
        device, new FeatureTokensForwardJob(arguments, y), arguments.X.Rows, (long)y.Rows * y.Columns, LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int count = _arguments.Count, tokens = _arguments.Tokens, columns = _arguments.Columns;
        Tensor x = _arguments.X;
        for (int row = (int)start; row < end; row++)
        {
            void* y = _y.Row(row * tokens);
            ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, _arguments.Bias.Row(0), _y.Format.Storage(), y, columns);
            for (int token = 1; token < tokens; token++)
            {
                int number = token - 1;
                y = _y.Row((row * tokens) + token);
                if (number < count)
                {
                    float value = FormatLanes<LanesPortable, float>.Load(x.Format.Storage(), x.Element(row, number), 0);
                    Scale<TLanes, TVector>(value, (float*)_arguments.Weight.Row(number), (float*)_arguments.Bias.Row(token), y);
                }
                else
                {
                    void* cell = x.Element(row, count + ((number - count) * columns));
                    Add<TLanes, TVector>(cell, (float*)_arguments.Bias.Row(token), y);
                }
            }
        }
    }

    /// <summary>y = x·w + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale<TLanes, TVector>(float x, float* w, float* b, void* y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _y.Format.Storage();
        var factor = TLanes.Broadcast(x);
        int i = 0;
        for (; i <= _y.Columns - TLanes.Count; i += TLanes.Count)
        {
            var value = TLanes.FusedMultiplyAdd(factor, TLanes.Load(w + i), TLanes.Load(b + i));
            FormatLanes<TLanes, TVector>.Store(format, value, y, i);
        }

        for (; i < _y.Columns; i++)
        {
            FormatLanes<LanesPortable, float>.Store(format, MathF.FusedMultiplyAdd(x, w[i], b[i]), y, i);
        }
    }

    /// <summary>y = x + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, TVector>(void* x, float* b, void* y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat from = _arguments.X.Format.Storage(), to = _y.Format.Storage();
        int i = 0;
        for (; i <= _y.Columns - TLanes.Count; i += TLanes.Count)
        {
            var value = TLanes.Add(FormatLanes<TLanes, TVector>.Load(from, x, i), TLanes.Load(b + i));
            FormatLanes<TLanes, TVector>.Store(to, value, y, i);
        }

        for (; i < _y.Columns; i++)
        {
            FormatLanes<LanesPortable, float>.Store(to, FormatLanes<LanesPortable, float>.Load(from, x, i) + b[i], y, i);
        }
    }
}
