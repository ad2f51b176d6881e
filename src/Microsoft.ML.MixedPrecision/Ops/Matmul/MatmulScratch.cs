namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The working memory of one part of a product, all Float32, each piece aligned to a cache line.</summary>
internal readonly unsafe struct MatmulScratch
{
    /// <summary>Lays the pieces out from <paramref name="start"/> on (null to learn the size only).</summary>
    public MatmulScratch(float* start, in MatmulTiling tiling, int depth, bool packsB)
    {
        float* next = start;
        Tile = Take(ref next, (long)tiling.BlockRows * tiling.StripColumns);
        A = Take(ref next, (long)tiling.BlockRows * MatmulTiling.BlockDepth);
        Rows = Take(ref next, Math.Max((long)tiling.PanelWidth * MatmulTiling.BlockDepth, tiling.BlockRows + 16));
        Bias = Take(ref next, tiling.StripColumns);
        Saved = Take(ref next, tiling.StripColumns);
        B = Take(ref next, packsB ? (long)tiling.StripColumns * depth : 0);
        Bytes = (byte*)next - (byte*)start;
    }

    /// <summary>A block of C before the epilogue: (BlockRows, StripColumns).</summary>
    public float* Tile { get; }

    /// <summary>A block of op(A): rows of BlockDepth, or panels of TileRows columns where A is transposed.</summary>
    public float* A { get; }

    /// <summary>Rows on their way into panels.</summary>
    public float* Rows { get; }

    /// <summary>The bias of the strip.</summary>
    public float* Bias { get; }

    /// <summary>One row of what the gradient factor is computed from, or of the old C.</summary>
    public float* Saved { get; }

    /// <summary>The strip of op(B), in panels.</summary>
    public float* B { get; }

    /// <summary>Size of all pieces together.</summary>
    public long Bytes { get; }

    private static float* Take(ref float* next, long elements)
    {
        var piece = next;
        next += (elements + 15) / 16 * 16;
        return piece;
    }
}
