using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Counts the gaps, NaN, of a table's features.</summary>
internal static class FeatureGaps
{
    /// <summary>Counts.</summary>
    /// <param name="store">The rows, Float32.</param>
    /// <param name="rows">Numbers of those that are looked at.</param>
    /// <returns>Rows in which each feature is missing.</returns>
    public static int[] Count(RowStore store, ReadOnlySpan<int> rows)
    {
        var gaps = new int[store.Features];
        foreach (int row in rows)
        {
            ReadOnlySpan<float> features = store.Features32(row);
            int i = 0;
            for (; i <= features.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                var x = new Vector<float>(features[i..]);
                Span<int> counts = gaps.AsSpan(i);
                (new Vector<int>(counts) + Vector<int>.One + Vector.Equals(x, x)).CopyTo(counts); // −1 where it is there.
            }

            for (; i < features.Length; i++)
            {
                gaps[i] += float.IsNaN(features[i]) ? 1 : 0;
            }
        }

        return gaps;
    }
}
