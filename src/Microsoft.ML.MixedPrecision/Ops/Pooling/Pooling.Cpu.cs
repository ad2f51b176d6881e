using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Examples, each of whose rows become one.</summary>
internal readonly unsafe struct PoolingForwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly Pooling _kind;
    private readonly Tensor _x;
    private readonly Tensor _y;
    private readonly ExamplePlaces _places;

    private PoolingForwardJob(Pooling kind, in Tensor x, in Tensor y, in ExamplePlaces places)
        => (_kind, _x, _y, _places) = (kind, x, y, places);

    /// <summary>y.</summary>
    public static void Run(CpuDevice device, Pooling kind, in Tensor x, in Tensor y, in ExamplePlaces places) => Partition.Run(
        device,
        new PoolingForwardJob(kind, x, y, places),
        places.Examples,
        (long)x.Rows * x.Columns,
        LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int example = (int)start; example < end; example++)
        {
            int i = 0;
            for (; i <= _x.Columns - TLanes.Count; i += TLanes.Count)
            {
                Columns<TLanes, TVector>(example, i);
            }

            for (; i < _x.Columns; i++)
            {
                Columns<LanesPortable, float>(example, i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Columns<TLanes, TVector>(int example, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        (int first, int end) = _places.Of(example);
        NumericFormat format = _x.Format.Storage();
        var result = TLanes.Broadcast(0);
        if (first < end)
        {
            int from = _kind == Pooling.Last ? end - 1 : first, behind = _kind == Pooling.Cls ? first + 1 : end;
            result = FormatLanes<TLanes, TVector>.Load(format, _x.Row(from), column);
            for (int row = from + 1; row < behind; row++)
            {
                var x = FormatLanes<TLanes, TVector>.Load(format, _x.Row(row), column);
                result = _kind == Pooling.Max ? VectorMath<TLanes, TVector>.AtLeast(result, x) : TLanes.Add(result, x);
            }

            result = _kind == Pooling.Mean ? TLanes.Divide(result, TLanes.Broadcast(end - first)) : result;
        }

        FormatLanes<TLanes, TVector>.Store(_y.Format.Storage(), result, _y.Row(example), column);
    }
}

/// <summary>Examples, to whose rows gradients go; the last unit is the rows of no example.</summary>
internal readonly unsafe struct PoolingBackwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly Pooling _kind;
    private readonly Tensor _x;
    private readonly Tensor _dy;
    private readonly Tensor _dx;
    private readonly ExamplePlaces _places;

    private PoolingBackwardJob(Pooling kind, in Tensor x, in Tensor dy, in Tensor dx, in ExamplePlaces places)
        => (_kind, _x, _dy, _dx, _places) = (kind, x, dy, dx, places);

    /// <summary>dx.</summary>
    public static void Run(CpuDevice device, Pooling kind, in Tensor x, in Tensor dy, in Tensor dx, in ExamplePlaces places)
        => Partition.Run(
            device,
            new PoolingBackwardJob(kind, x, dy, dx, places),
            places.Examples + 1,
            (long)dx.Rows * dx.Columns,
            LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int example = (int)start; example < end; example++)
        {
            (int first, int behind) = example < _places.Examples ? _places.Of(example) : (_places.Rest, _dx.Rows);
            Clear(first, behind);
            if (example == _places.Examples || first == behind)
            {
                continue;
            }

            switch (_kind)
            {
                case Pooling.Mean:
                    Spread<TLanes, TVector>(example, first, behind);
                    break;
                case Pooling.Max:
                    ToLargest(example, first, behind);
                    break;
                case Pooling.Cls or Pooling.Last:
                    int row = _kind == Pooling.Cls ? first : behind - 1;
                    ConvertKernel.Convert<TLanes, TVector>(
                        _dy.Format.Storage(), _dy.Row(example), _dx.Format.Storage(), _dx.Row(row), _dx.Columns);
                    break;
                default:
                    throw UnknownValue.Of(_kind);
            }
        }
    }

    private void Clear(int first, int end)
    {
        for (int row = first; row < end; row++)
        {
            new Span<byte>(_dx.Row(row), _dx.Columns * _dx.Format.BytesPerElement()).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread<TLanes, TVector>(int example, int first, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat from = _dy.Format.Storage(), to = _dx.Format.Storage();
        void* dy = _dy.Row(example);
        int i = 0;
        for (; i <= _dx.Columns - TLanes.Count; i += TLanes.Count)
        {
            var share = TLanes.Divide(FormatLanes<TLanes, TVector>.Load(from, dy, i), TLanes.Broadcast(end - first));
            for (int row = first; row < end; row++)
            {
                FormatLanes<TLanes, TVector>.Store(to, share, _dx.Row(row), i);
            }
        }

        for (; i < _dx.Columns; i++)
        {
            float share = FormatLanes<LanesPortable, float>.Load(from, dy, i) / (end - first);
            for (int row = first; row < end; row++)
            {
                FormatLanes<LanesPortable, float>.Store(to, share, _dx.Row(row), i);
            }
        }
    }

    private void ToLargest(int example, int first, int end)
    {
        NumericFormat from = _dy.Format.Storage(), to = _dx.Format.Storage(), format = _x.Format.Storage();
        for (int column = 0; column < _dx.Columns; column++)
        {
            int where = first;
            float most = float.NegativeInfinity;
            for (int row = first; row < end; row++)
            {
                float x = FormatLanes<LanesPortable, float>.Load(format, _x.Row(row), column);
                (most, where) = x > most ? (x, row) : (most, where);
            }

            float gradient = FormatLanes<LanesPortable, float>.Load(from, _dy.Row(example), column);
            FormatLanes<LanesPortable, float>.Store(to, gradient, _dx.Row(where), column);
        }
    }
}
