namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The working memory of one part of a product, all Float32, each piece aligned to a cache line.</summary>
internal readonly unsafe struct MatmulScratch
{
    /// <summary>Lays the pieces out from <paramref name="start"/> on (null to learn the size only).</summary>
    public MatmulScratch(float* start, in MatmulTiling tiling, int depth)
    {
        float* next = start;
        long tiles = tiling.BlockRows / tiling.TileRows;
        Sums = Take(ref next, (long)tiling.BlockRows * tiling.GroupColumns);
        A = Take(ref next, tiles * tiling.TilePitch * depth);
        Rows = Take(
            ref next,
            Math.Max((long)tiling.TilePitch * MatmulTiling.BlockDepth, (long)MatmulTiling.CopiedSteps * tiling.BlockRows));
        Bias = Take(ref next, tiling.StripColumns);
        Saved = Take(ref next, tiling.GroupColumns);
        Bytes = (byte*)next - (byte*)start;
    }

    /// <summary>A block of C before the epilogue: (BlockRows, GroupColumns).</summary>
    public float* Sums { get; }

    /// <summary>A block of op(A) in tiles.</summary>
    public float* A { get; }

    /// <summary>Rows of A on their way into tiles.</summary>
    public float* Rows { get; }

    /// <summary>The bias of the strip.</summary>
    public float* Bias { get; }

    /// <summary>One row of what the gradient factor is computed from.</summary>
    public float* Saved { get; }

    /// <summary>Size of all pieces together.</summary>
    public long Bytes { get; }

    private static float* Take(ref float* next, long elements)
    {
        var piece = next;
        next += (elements + 15) / 16 * 16;
        return piece;
    }
}
