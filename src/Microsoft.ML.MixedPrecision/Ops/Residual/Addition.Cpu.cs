using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a sum.</summary>
internal readonly unsafe struct AdditionJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly Tensor _a;
    private readonly Tensor _b;
    private readonly Tensor _y;

    private AdditionJob(in Tensor a, in Tensor b, in Tensor y)
        => (_a, _b, _y) = (a, b, y);

    /// <summary>y = a + b.</summary>
    public static void Run(CpuDevice device, in Tensor a, in Tensor b, in Tensor y)
        => Partition.Run(device, new AdditionJob(a, b, y), y.Rows, (long)y.Rows * y.Columns, LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = (int)start; row < end; row++)
        {
            Add<TLanes, TVector>(_a.Row(row), _b.Row(row), _y.Row(row));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, TVector>(void* a, void* b, void* y)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat formatA = _a.Format.Storage(), formatB = _b.Format.Storage(), formatY = _y.Format.Storage();
        int i = 0;
        for (; i <= _y.Columns - TLanes.Count; i += TLanes.Count)
        {
            var sum = TLanes.Add(FormatLanes<TLanes, TVector>.Load(formatA, a, i), FormatLanes<TLanes, TVector>.Load(formatB, b, i));
            FormatLanes<TLanes, TVector>.Store(formatY, sum, y, i);
        }
        for (; i < _y.Columns; i++)
        {
            float sum = FormatLanes<LanesPortable, float>.Load(formatA, a, i) + FormatLanes<LanesPortable, float>.Load(formatB, b, i);
            FormatLanes<LanesPortable, float>.Store(formatY, sum, y, i);
        }
    }
}
