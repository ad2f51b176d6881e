using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Some neighbouring columns of a batch normalisation, whose per-column numbers stay in the first-level cache.</summary>
internal static unsafe class BatchNormChunk
{
    /// <summary>Columns: a multiple of every vector, so that loops over a chunk have no tail; what lies behind the last column is 0 or
    /// unused.</summary>
    public const int Columns = 64;

    /// <summary>Elements that outweigh handing a chunk to another thread.</summary>
    public const int LeastElements = 8192;

    /// <summary>Chunks of a tensor.</summary>
    public static int Count(in Tensor x) => (x.Columns + Columns - 1) / Columns;

    /// <summary>First column of a chunk, and how many it has.</summary>
    public static (int Start, int Count) Range(in Tensor x, long chunk)
    {
        int start = (int)chunk * Columns;
        return (start, Math.Min(Columns, x.Columns - start));
    }

    /// <summary>A chunk's part of a Float32 row, with zeros behind it.</summary>
    public static void Load(in Tensor from, int row, (int Start, int Count) columns, float* to)
    {
        new Span<float>(from.Element(row, columns.Start), columns.Count).CopyTo(new Span<float>(to, Columns));
        new Span<float>(to + columns.Count, Columns - columns.Count).Clear();
    }

    /// <summary>Writes a chunk's part of a Float32 row.</summary>
    public static void Store(float* from, in Tensor to, int row, (int Start, int Count) columns)
        => new Span<float>(from, columns.Count).CopyTo(new Span<float>(to.Element(row, columns.Start), columns.Count));
}

/// <summary>The numbers of a chunk that x̂ is made of.</summary>
/// <typeparam name="TLanes">The vector's operations.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe struct BatchNormNormalizer<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private fixed float _mean[BatchNormChunk.Columns];
    private fixed float _rest[BatchNormChunk.Columns];
    private fixed float _deviation[BatchNormChunk.Columns];

    /// <summary>Reads a chunk's statistics.</summary>
    public BatchNormNormalizer(in Tensor statistics, (int Start, int Count) columns)
    {
        fixed (float* mean = _mean, rest = _rest, deviation = _deviation)
        {
            BatchNormChunk.Load(statistics, 0, columns, mean);
            BatchNormChunk.Load(statistics, 1, columns, rest);
            BatchNormChunk.Load(statistics, 2, columns, deviation);
        }
    }

    /// <summary>r, from element i on.</summary>
    public TVector Deviation(int i)
    {
        fixed (float* deviation = _deviation)
        {
            return TLanes.Load(deviation + i);
        }
    }

    /// <summary>x̂ = (x − µ₀ − δ)·r, from element i on.</summary>
    public TVector Normalize(float* x, int i)
    {
        fixed (float* mean = _mean, rest = _rest)
        {
            return TLanes.Multiply(
                TLanes.Subtract(TLanes.Subtract(TLanes.Load(x + i), TLanes.Load(mean + i)), TLanes.Load(rest + i)),
                Deviation(i));
        }
    }
}
