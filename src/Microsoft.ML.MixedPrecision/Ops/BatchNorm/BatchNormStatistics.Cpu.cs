using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Statistics of a chunk of columns.</summary>
/// <typeparam name="TLanes">The vector's operations.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
internal static unsafe class BatchNormStatistics<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Chunk = BatchNormChunk.Columns;

    /// <summary>From the rows of x; stages the running ones.</summary>
    [SkipLocalsInit]
    public static void OfBatch(in BatchNormArguments arguments, in BatchNormRunning running, (int Start, int Count) columns)
    {
        Tensor x = arguments.X;
        float* rows = stackalloc float[BatchNormKernel.BlockRows * Chunk];
        float* pivot = stackalloc float[Chunk], mean = stackalloc float[Chunk], squares = stackalloc float[Chunk];
        foreach (nint zeros in (ReadOnlySpan<nint>)[(nint)pivot, (nint)mean, (nint)squares])
        {
            new Span<float>((float*)zeros, Chunk).Clear();
        }

        new Span<float>(rows, BatchNormKernel.BlockRows * Chunk).Clear();
        ConvertKernel.Convert<TLanes, TVector>(
            x.Format.Storage(),
            x.Element(0, columns.Start),
            NumericFormat.Float32,
            pivot,
            columns.Count);
        for (int start = 0; start < x.Rows; start += BatchNormKernel.BlockRows)
        {
            int count = Math.Min(BatchNormKernel.BlockRows, x.Rows - start);
            for (int row = 0; row < count; row++)
            {
                ConvertKernel.Convert<TLanes, TVector>(
                    x.Format.Storage(),
                    x.Element(start + row, columns.Start),
                    NumericFormat.Float32,
                    rows + (row * Chunk),
                    columns.Count);
            }

            AddBlock(rows, (start, count), pivot, mean, squares);
        }

        BatchNormChunk.Store(pivot, arguments.Statistics, 0, columns);
        BatchNormChunk.Store(mean, arguments.Statistics, 1, columns);
        Finish(x.Rows, pivot, mean, squares, rows);
        BatchNormChunk.Store(rows, arguments.Statistics, 2, columns);
        bool isFirst = ((StepPosition*)running.Position)->Row == 0;
        Stage(running.Mean, isFirst, x.Rows, columns, rows + Chunk);
        Stage(running.Variance, isFirst, x.Rows, columns, rows + (2 * Chunk));
    }

    /// <summary>From the running statistics: µ₀ = mean, δ = 0, r = 1/√(variance + ε).</summary>
    [SkipLocalsInit]
    public static void OfRunning(in Tensor statistics, in BatchNormRunning running, (int Start, int Count) columns)
    {
        float* values = stackalloc float[Chunk];
        BatchNormChunk.Load(running.Mean.Committed, 0, columns, values);
        BatchNormChunk.Store(values, statistics, 0, columns);
        BatchNormChunk.Load(running.Variance.Committed, 0, columns, values);
        for (int i = 0; i < Chunk; i += TLanes.Count)
        {
            TLanes.Store(Deviation(TLanes.Load(values + i)), values + i);
        }

        BatchNormChunk.Store(values, statistics, 2, columns);
        new Span<float>(values, Chunk).Clear();
        BatchNormChunk.Store(values, statistics, 1, columns);
    }

    /// <summary>Mean of u and Σ(u − mean)² of a block of rows, combined with those of the rows before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBlock(float* rows, (int Before, int Count) block, float* pivots, float* means, float* squares)
    {
        float n = block.Before + block.Count;
        float share = block.Count / n;
        var (count, weight, factor) = (TLanes.Broadcast(block.Count), TLanes.Broadcast(share), TLanes.Broadcast(block.Before * share));
        for (int i = 0; i < Chunk; i += TLanes.Count)
        {
            var pivot = TLanes.Load(pivots + i);
            var mean = TLanes.Broadcast(0f);
            for (int row = 0; row < block.Count; row++)
            {
                mean = TLanes.Add(mean, TLanes.Subtract(TLanes.Load(rows + (row * Chunk) + i), pivot));
            }

            mean = TLanes.Divide(mean, count);
            var square = TLanes.Broadcast(0f);
            for (int row = 0; row < block.Count; row++)
            {
                var d = TLanes.Subtract(TLanes.Subtract(TLanes.Load(rows + (row * Chunk) + i), pivot), mean);
                square = TLanes.FusedMultiplyAdd(d, d, square);
            }

            var before = TLanes.Load(means + i);
            var difference = TLanes.Subtract(mean, before);
            TLanes.Store(TLanes.Add(before, TLanes.Multiply(difference, weight)), means + i);
            var both = TLanes.Add(TLanes.Load(squares + i), square);
            TLanes.Store(TLanes.Add(both, TLanes.Multiply(TLanes.Multiply(difference, difference), factor)), squares + i);
        }
    }

    /// <summary>r, mean and the variance that running statistics take, one behind the other.</summary>
    private static void Finish(int rows, float* pivot, float* mean, float* squares, float* to)
    {
        var (n, others) = (TLanes.Broadcast(rows), TLanes.Broadcast(rows - 1));
        for (int i = 0; i < Chunk; i += TLanes.Count)
        {
            var square = TLanes.Load(squares + i);
            TLanes.Store(Deviation(TLanes.Divide(square, n)), to + i);
            TLanes.Store(TLanes.Add(TLanes.Load(pivot + i), TLanes.Load(mean + i)), to + Chunk + i);
            TLanes.Store(TLanes.Divide(square, others), to + (2 * Chunk) + i);
        }
    }

    private static TVector Deviation(TVector variance)
        => TLanes.Divide(TLanes.Broadcast(1f), TLanes.SquareRoot(TLanes.Add(variance, TLanes.Broadcast(BatchNormKernel.Epsilon))));

    [SkipLocalsInit]
    private static void Stage(in StateTensors state, bool isFirst, int rows, (int Start, int Count) columns, float* batch)
    {
        float* values = stackalloc float[Chunk];
        BatchNormChunk.Load(isFirst ? state.Committed : state.Staged, 0, columns, values);
        var (kept, momentum) = (TLanes.Broadcast(BatchNormKernel.Kept), TLanes.Broadcast(BatchNormKernel.Momentum));
        var zero = TLanes.Broadcast(0f);
        for (int i = 0; i < Chunk && rows > 1; i += TLanes.Count)
        {
            // A value whose square is beyond Float32 must not stay in the running statistics for good: only what is finite enters, x − x =
            // 0.
            var (before, entering) = (TLanes.Load(values + i), TLanes.Load(batch + i));
            var after = TLanes.Add(TLanes.Multiply(kept, before), TLanes.Multiply(momentum, entering));
            TLanes.Store(TLanes.Select(TLanes.AreEqual(TLanes.Subtract(entering, entering), zero), after, before), values + i);
        }

        BatchNormChunk.Store(values, state.Staged, 0, columns);
    }
}
