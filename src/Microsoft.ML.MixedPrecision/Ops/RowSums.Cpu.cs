using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums of rows with rows in Float32, element by element, whatever the vector width: an element of a row is added to that of the
/// other, and rounded once where it is stored.</summary>
internal static unsafe class RowSums<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>y = x + terms of one row.</summary>
    /// <param name="x">(R, C), any storage format.</param>
    /// <param name="row">The row of x and y.</param>
    /// <param name="terms">C numbers.</param>
    /// <param name="y">(R, C), any storage format.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(in Tensor x, int row, float* terms, in Tensor y)
    {
        void* from = x.Row(row), to = y.Row(row);
        NumericFormat formatX = x.Format.Storage(), formatY = y.Format.Storage();
        int i = 0;
        for (; i <= x.Columns - TLanes.Count; i += TLanes.Count)
        {
            var sum = TLanes.Add(FormatLanes<TLanes, TVector>.Load(formatX, from, i), TLanes.Load(terms + i));
            FormatLanes<TLanes, TVector>.Store(formatY, sum, to, i);
        }

        for (; i < x.Columns; i++)
        {
            float sum = FormatLanes<LanesPortable, float>.Load(formatX, from, i) + terms[i];
            FormatLanes<LanesPortable, float>.Store(formatY, sum, to, i);
        }
    }

    /// <summary>sums = sums + terms.</summary>
    /// <param name="sums">Float32.</param>
    /// <param name="format">How the terms are stored.</param>
    /// <param name="terms">As many as sums.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* sums, NumericFormat format, void* terms, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), FormatLanes<TLanes, TVector>.Load(format, terms, i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] += FormatLanes<LanesPortable, float>.Load(format, terms, i);
        }
    }
}
