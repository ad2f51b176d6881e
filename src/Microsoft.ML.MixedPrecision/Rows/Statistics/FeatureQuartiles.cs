using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Where the values of a feature lie, gaps (NaN) left out. Quantiles are of type 7, NumPy's default: with the n values ranked from
/// 0 and h = (n − 1)p, q = x₍⌊h⌋₎ + (h − ⌊h⌋)·(x₍⌊h⌋₊₁₎ − x₍⌊h⌋₎), in Float64. All are 0 where no value is there.</summary>
/// <param name="Values">Values that are there.</param>
/// <param name="Gaps">Values that are missing.</param>
/// <param name="Least">The smallest.</param>
/// <param name="Lower">Quantile ¼.</param>
/// <param name="Median">Quantile ½.</param>
/// <param name="Upper">Quantile ¾.</param>
/// <param name="Largest">The largest.</param>
internal readonly record struct FeatureQuartiles(
    long Values, long Gaps, double Least, double Lower, double Median, double Upper, double Largest)
{
    /// <summary>Features that a thread looks at together: a line of a processor's cache at least, and 6 MB of counters at most.</summary>
    private const int FewestTogether = 16, MostTogether = 64;

    /// <summary>Rows that a thread turns at a time.</summary>
    private const int RowsTogether = 256;

    /// <summary>
    /// Measures all features, over all rows of a shape that has several each channel, exactly: rows are read three times, in order and
    /// where they lie, a <see cref="QuartileSearch"/> for each feature, and nothing is copied.
    /// </summary>
    /// <param name="store">The rows, Float32.</param>
    /// <param name="rows">Numbers of those that count, if their weight is above 0.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="features">How many of the features, the first ones; null for all.</param>
    /// <exception cref="ArgumentException">The rows have no such column.</exception>
    public static FeatureQuartiles[] Measure(
        RowStore store, ReadOnlySpan<int> rows, string name = RowSchema.Features, int? features = null)
    {
        int column = store.Schema.IndexOf(name);
        var quartiles = new FeatureQuartiles[features ?? store.Schema.Columns[column].Shape.Columns];
        int threads = store.Device.Threads;
        int together = Math.Clamp((quartiles.Length + threads - 1) / threads, FewestTogether, MostTogether);
        var job = new SearchJob(store, column, CountedRows.Of(store, rows), together, quartiles);
        store.Device.Run(ref job, (quartiles.Length + together - 1) / together);
        return quartiles;
    }

    /// <summary>Fills a scaler as <see cref="FeatureScaling.Robust"/> says.</summary>
    /// <param name="quartiles">Of each feature.</param>
    /// <param name="scaler">Receives shift and factor; both are 0 for a feature of one value, so that any value becomes 0, also one whose
    /// difference to that one would be infinite.</param>
    public static void Fill(ReadOnlySpan<FeatureQuartiles> quartiles, FeatureScaler scaler)
    {
        for (int i = 0; i < quartiles.Length; i++)
        {
            FeatureQuartiles its = quartiles[i];
            double range = its.Upper - its.Lower, whole = its.Largest - its.Least;
            double factor = range > 0 ? 1 / range : whole > 0 ? 2 / whole : 0;
            scaler.Shift.Values[i] = factor > 0 ? (float)its.Median : 0;

            // Numbers so small that the factor is beyond Float32 are scaled as far as it goes.
            scaler.Factor.Values[i] = (float)Math.Min(factor, float.MaxValue);
        }
    }

    /// <summary>Fills a scaler for the slots of one category, of which a row has at most one: their zeros stay zeros, and their factor is
    /// min(1, √(2/k)), so that a column of many categories weighs no more than one of two.</summary>
    /// <param name="quartiles">Of each feature.</param>
    /// <param name="first">The first slot.</param>
    /// <param name="count">How many, k.</param>
    /// <param name="scaler">Receives shift and factor; both stay 0 for a category that no row or every row has.</param>
    public static void FillCategory(ReadOnlySpan<FeatureQuartiles> quartiles, int first, int count, FeatureScaler scaler)
    {
        for (int slot = first; slot < first + count; slot++)
        {
            bool varies = quartiles[slot].Largest > quartiles[slot].Least;
            scaler.Shift.Values[slot] = 0;
            scaler.Factor.Values[slot] = varies ? (float)Math.Min(1, Math.Sqrt(2.0 / count)) : 0;
        }
    }

    /// <summary>Measures some of the features.</summary>
    private readonly struct SearchJob(RowStore store, int column, int[] rows, int together, FeatureQuartiles[] quartiles) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            int first = part * together, count = Math.Min(together, quartiles.Length - first);
            QuartileSearch[] searches = [.. Enumerable.Range(0, count).Select(_ => new QuartileSearch())];
            var turned = new float[count * RowsTogether];
            do
            {
                Pass(searches, first, turned);
            }
            while (Array.FindAll(searches, search => search.Advance()).Length > 0);

            for (int i = 0; i < count; i++)
            {
                quartiles[first + i] = searches[i].ToQuartiles();
            }
        }

        /// <summary>Some rows at a time, turned, so that a feature's counters are at hand while its values are counted.</summary>
        private void Pass(QuartileSearch[] searches, int first, float[] turned)
        {
            int lines = store.Schema.Columns[column].Shape.Rows;
            long all = (long)rows.Length * lines;
            for (long start = 0; start < all; start += RowsTogether)
            {
                int together = (int)Math.Min(RowsTogether, all - start);
                for (int at = 0; at < together; at++)
                {
                    (long row, long line) = Math.DivRem(start + at, lines);
                    ReadOnlySpan<float> values = store.Numbers32(column, rows[row], (int)line).Slice(first, searches.Length);
                    for (int i = 0; i < values.Length; i++)
                    {
                        turned[(i * RowsTogether) + at] = values[i];
                    }
                }

                for (int i = 0; i < searches.Length; i++)
                {
                    searches[i].Count(turned.AsSpan(i * RowsTogether, together));
                }
            }
        }
    }
}
