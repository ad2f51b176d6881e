using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a piecewise linear embedding, or of its gradient, bins a vector at a time.</summary>
internal readonly unsafe struct PiecewiseJob : IRangeKernel
{
    private const int BufferSize = 256;
    private const int LeastElements = 8192;

    private readonly PiecewiseArguments _arguments;
    private readonly Tensor _y;
    private readonly Tensor _dx;

    private PiecewiseJob(in PiecewiseArguments arguments, in Tensor y, in Tensor dx) => (_arguments, _y, _dx) = (arguments, y, dx);

    /// <summary>y from x.</summary>
    public static void Forward(CpuDevice device, in PiecewiseArguments arguments, in Tensor y)
        => Partition.Run(device, new PiecewiseJob(arguments, y, default), y.Rows, (long)y.Rows * y.Columns, LeastElements);

    /// <summary>dx from dy.</summary>
    public static void Backward(CpuDevice device, in PiecewiseArguments arguments, in Tensor dy, in Tensor dx)
        => Partition.Run(device, new PiecewiseJob(arguments, dy, dx), dy.Rows, (long)dy.Rows * dy.Columns, LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int count = _arguments.Count, embedded = _arguments.Embedded;
        bool isBackward = _dx.Address != 0;
        for (int row = (int)start; row < end; row++)
        {
            for (int feature = 0; feature < count; feature++)
            {
                float x = FormatLanes<LanesPortable, float>.Load(_arguments.X.Format.Storage(), _arguments.X.Element(row, feature), 0);
                if (isBackward)
                {
                    StoreSlope(row, feature, x);
                }
                else
                {
                    StoreBins<TLanes, TVector>(row, feature, x);
                }
            }

            (Tensor from, int first, Tensor to, int target) = isBackward
                ? (_y, embedded, _dx, count)
                : (_arguments.X, count, _y, embedded);
            ConvertKernel.Convert<TLanes, TVector>(
                from.Format.Storage(), from.Element(row, first), to.Format.Storage(), to.Element(row, target), _arguments.Rest);
        }
    }

    [SkipLocalsInit]
    private void StoreBins<TLanes, TVector>(int row, int feature, float x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int bins = _arguments.Bins;
        float* lower = (float*)_arguments.Lower.Address + (feature * bins), factor = (float*)_arguments.Factor.Address + (feature * bins);
        var buffer = stackalloc float[BufferSize];
        for (int first = 0; first < bins; first += BufferSize)
        {
            int count = Math.Min(BufferSize, bins - first);
            Fill<TLanes, TVector>(x, lower + first, factor + first, buffer, count);
            if (first == 0)
            {
                buffer[0] = VectorMath<LanesPortable, float>.AtMost((x - lower[0]) * factor[0], bins == 1 ? float.MaxValue : 1);
            }

            if (first + count == bins && bins > 1)
            {
                buffer[count - 1] = VectorMath<LanesPortable, float>.AtLeast((x - lower[bins - 1]) * factor[bins - 1], 0);
            }

            ConvertKernel.Convert<TLanes, TVector>(
                NumericFormat.Float32, buffer, _y.Format.Storage(), _y.Element(row, (feature * bins) + first), count);
        }
    }

    private static void Fill<TLanes, TVector>(float x, float* lower, float* factor, float* to, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var share = TLanes.Multiply(TLanes.Subtract(TLanes.Broadcast(x), TLanes.Load(lower + i)), TLanes.Load(factor + i));
            share = VectorMath<TLanes, TVector>.AtLeast(share, TLanes.Broadcast(0f));
            TLanes.Store(VectorMath<TLanes, TVector>.AtMost(share, TLanes.Broadcast(1f)), to + i);
        }

        for (; i < count; i++)
        {
            float share = VectorMath<LanesPortable, float>.AtLeast((x - lower[i]) * factor[i], 0);
            to[i] = VectorMath<LanesPortable, float>.AtMost(share, 1);
        }
    }

    private void StoreSlope(int row, int feature, float x)
    {
        int bins = _arguments.Bins;
        float* lower = (float*)_arguments.Lower.Address + (feature * bins), factor = (float*)_arguments.Factor.Address + (feature * bins);
        float slope = 0;
        for (int t = 0; t < bins; t++)
        {
            float share = (x - lower[t]) * factor[t];
            bool isBound = (t > 0 && share < 0) || (t < bins - 1 && share > 1);
            float dy = FormatLanes<LanesPortable, float>.Load(_y.Format.Storage(), _y.Element(row, (feature * bins) + t), 0);
            slope = isBound ? slope : MathF.FusedMultiplyAdd(dy, factor[t], slope);
        }

        ConvertKernel.Convert<LanesPortable, float>(
            NumericFormat.Float32, &slope, _dx.Format.Storage(), _dx.Element(row, feature), 1);
    }
}
