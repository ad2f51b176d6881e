using System.Numerics;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Mean µ and deviation σ of each feature over rows of a store (over all rows of a shape that has several: of each channel), in one pass on
/// all threads. Sums are Float64 and of differences d = x − x₀ from the first of the rows:
/// µ = x₀ + Σd/n, σ² = (Σd² − (Σd)²/n)/n. As x₀ is one of the rows, σ² is at least (x₀ − µ)²/n, and rounding changes it by no more than
/// n·10⁻¹⁶ of itself, wherever the values lie.
/// </summary>
/// <remarks>Rows are added in parts whose number depends on the sizes alone, and each feature in the order of rows, so that neither threads
/// nor vectors change a bit.</remarks>
internal static unsafe class FeatureStatistics
{
    private const int LeastPartRows = 1024, MostParts = 64, MostSums = 1 << 22;

    /// <summary>Measures, and fills a scaler. Gaps, NaN, count neither as values nor as rows; a feature that has nothing else is left as it
    /// is.</summary>
    /// <param name="store">The rows, Float32.</param>
    /// <param name="rows">Numbers of those that count, if their weight is above 0; at least one is.</param>
    /// <param name="isSparse">Whether a feature that is 0 in some row is not shifted, and scaled by the root mean square of its other
    /// values.</param>
    /// <param name="scaler">Receives shift and factor of so many features as it scales, the first ones.</param>
    /// <param name="name">Name of the column.</param>
    /// <exception cref="ArgumentException">The rows have no such column.</exception>
    public static void Measure(
        RowStore store,
        ReadOnlySpan<int> rows,
        bool isSparse,
        FeatureScaler scaler,
        string name = RowSchema.Features)
    {
        int[] counted = CountedRows.Of(store, rows);
        int column = store.Schema.IndexOf(name);
        Shape shape = store.Schema.Columns[column].Shape;
        int features = scaler.Shift.Columns;
        long count = (long)counted.Length * shape.Rows;
        int parts = Math.Clamp(Math.Min(counted.Length / LeastPartRows, MostSums / features), 1, MostParts);
        double[] origin = Origin(store, column, counted, features);
        var job = new SumJob(store, column, counted, origin, parts);
        store.Device.Run(ref job, parts);
        for (int i = 0; i < features; i++)
        {
            (double sum, double squares, long zeros, long gaps) = job.Total(i);
            long values = Math.Max(1, count - gaps);
            double mean = sum / values;
            double variance = Math.Max(0, (squares - (sum * mean)) / values);
            mean += origin[i];
            bool shifts = !(isSparse && zeros > 0);
            double size = Math.Sqrt(shifts ? variance : (variance + (mean * mean)) * values / Math.Max(1, values - zeros));
            scaler.Shift.Values[i] = shifts ? (float)mean : 0;

            // Numbers so small that 1/σ is beyond Float32 are scaled as far as it goes.
            scaler.Factor.Values[i] = size == 0 ? 1 : (float)Math.Min(1 / size, float.MaxValue);
        }
    }

    /// <summary>Of each feature its first value; 0 where all are missing.</summary>
    private static double[] Origin(RowStore store, int column, int[] rows, int features)
    {
        Shape shape = store.Schema.Columns[column].Shape;
        var origin = new double[features];
        int[] open = [.. Enumerable.Range(0, features)];
        for (long i = 0; i < (long)rows.Length * shape.Rows && open.Length > 0; i++)
        {
            float[] line = store.Numbers32(column, rows[i / shape.Rows], (int)(i % shape.Rows)).ToArray();
            Array.ForEach(open, feature => origin[feature] = float.IsNaN(line[feature]) ? 0 : line[feature]);
            open = Array.FindAll(open, feature => float.IsNaN(line[feature]));
        }

        return origin;
    }

    /// <summary>Adds up some of the rows.</summary>
    private readonly struct SumJob(RowStore store, int column, int[] rows, double[] origin, int parts) : IParallelJob
    {
        private readonly double[] _sums = new double[parts * origin.Length];
        private readonly double[] _squares = new double[parts * origin.Length];
        private readonly int[] _zeros = new int[parts * origin.Length];
        private readonly int[] _gaps = new int[parts * origin.Length];

        /// <inheritdoc/>
        public void Run(int part)
        {
            int start = (int)((long)rows.Length * part / parts), end = (int)((long)rows.Length * (part + 1) / parts);
            int at = part * origin.Length;
            fixed (double* from = origin, sums = &_sums[at], squares = &_squares[at])
            fixed (int* zeros = &_zeros[at], gaps = &_gaps[at])
            {
                int lines = store.Schema.Columns[column].Shape.Rows;
                for (long i = (long)start * lines; i < (long)end * lines; i++)
                {
                    fixed (float* line = store.Numbers32(column, rows[i / lines], (int)(i % lines)))
                    {
                        Add(line, from, sums, squares, zeros, gaps);
                    }
                }
            }
        }

        /// <summary>The sums of a feature over all parts.</summary>
        public (double Sum, double Squares, long Zeros, long Gaps) Total(int feature)
        {
            (double Sum, double Squares, long Zeros, long Gaps) total = default;
            for (int at = feature; at < _sums.Length; at += origin.Length)
            {
                total = (total.Sum + _sums[at], total.Squares + _squares[at], total.Zeros + _zeros[at], total.Gaps + _gaps[at]);
            }

            return total;
        }

        private void Add(float* row, double* from, double* sums, double* squares, int* zeros, int* gaps)
        {
            int half = Vector<double>.Count, i = 0;
            for (; i <= origin.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> x = Vector.Load(row + i);
                Vector.Store(Vector.Load(zeros + i) - Vector.Equals(x, Vector<float>.Zero), zeros + i); // −1 where it is 0.
                Vector.Store(Vector.Load(gaps + i) + Vector<int>.One + Vector.Equals(x, x), gaps + i);
                Vector.Widen(x, out Vector<double> low, out Vector<double> high);
                Add(low, from + i, sums + i, squares + i);
                Add(high, from + i + half, sums + i + half, squares + i + half);
            }

            for (; i < origin.Length; i++)
            {
                if (float.IsNaN(row[i]))
                {
                    gaps[i]++;
                    continue;
                }

                double difference = row[i] - from[i];
                sums[i] += difference;
                squares[i] += difference * difference;
                zeros[i] += row[i] == 0 ? 1 : 0;
            }
        }

        private static void Add(Vector<double> x, double* from, double* sums, double* squares)
        {
            Vector<double> difference = Vector.ConditionalSelect(Vector.Equals(x, x), x - Vector.Load(from), Vector<double>.Zero);
            Vector.Store(Vector.Load(sums) + difference, sums);
            Vector.Store(Vector.Load(squares) + (difference * difference), squares);
        }
    }
}
