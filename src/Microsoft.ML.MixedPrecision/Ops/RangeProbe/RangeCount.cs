using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Counts what a <see cref="RangeProbe"/> reports, over Float32 values.</summary>
internal static class RangeCount
{
    /// <summary>Adds values to totals. NaN counts as infinity.</summary>
    /// <param name="values">The values.</param>
    /// <param name="totals">Added to.</param>
    public static void Add(ReadOnlySpan<float> values, ref RangeTotals totals)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        Vector<float> largest = Vector<float>.Zero, normal = new(NumericFormat.Float16.MinNormal());
        Vector<int> below = Vector<int>.Zero, zeros = Vector<int>.Zero;
        foreach (Vector<float> vector in vectors)
        {
            Vector<float> size = Vector.ConditionalSelect(
                Vector.Equals(vector, vector),
                Vector.Abs(vector),
                new Vector<float>(float.PositiveInfinity));
            Vector<int> isZero = Vector.Equals(size, Vector<float>.Zero);
            largest = Vector.Max(largest, size);
            // A true lane is −1.
            zeros -= isZero;
            below -= Vector.AndNot(Vector.LessThan(size, normal), isZero);
        }

        for (int lane = 0; lane < Vector<float>.Count; lane++)
        {
            totals.Largest = Math.Max(totals.Largest, largest[lane]);
        }

        totals.Zeros += Vector.Sum(zeros);
        totals.BelowNormal += Vector.Sum(below);
        totals.Count += values.Length;
        foreach (float value in values[(vectors.Length * Vector<float>.Count)..])
        {
            AddOne(value, ref totals);
        }
    }

    private static void AddOne(float value, ref RangeTotals totals)
    {
        float size = float.IsNaN(value) ? float.PositiveInfinity : Math.Abs(value);
        totals.Largest = Math.Max(totals.Largest, size);
        totals.Zeros += size == 0 ? 1 : 0;
        totals.BelowNormal += size > 0 && size < NumericFormat.Float16.MinNormal() ? 1 : 0;
    }
}
