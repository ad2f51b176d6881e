namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// How a product is cut: C into bands of rows × strips of columns, one part each; a band into blocks of rows, K into blocks of
/// depth, sized for the caches. No cut changes a bit of the result.
/// </summary>
/// <remarks>
/// A panel of B (one block deep, two vectors wide) stays in the first-level cache, a block of A in the second, the strip of B
/// in the second or third. The layout is that of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008).
/// </remarks>
internal readonly record struct MatmulTiling(int Bands, int BandRows, int Strips, int StripColumns, int BlockRows, int PanelWidth)
{
    /// <summary>Rows of C that the inner kernel computes at once.</summary>
    public const int TileRows = 6;

    /// <summary>Steps along K between two visits of the same tile of C.</summary>
    public const int BlockDepth = 256;

    private const int MostBlockRows = 20 * TileRows;
    private const int MostStripColumns = 512;
    /// <summary>1 MiB: wider strips convert A less often, narrower ones stay nearer.</summary>
    private const int StripElements = 256 * 1024;
    private const int PartsPerThread = 3;

    /// <summary>Multiply-adds in a few microseconds: less is not worth a thread.</summary>
    private const long LeastWork = 512 * 1024;

    /// <summary>Cuts a product for so many threads.</summary>
    public static MatmulTiling Of(in MatmulShape shape, int threads, int panelWidth)
    {
        long work = (long)shape.M * shape.N * Math.Max(shape.K, 1);
        long parts = threads == 1 ? 1 : Math.Clamp(work / LeastWork, 1, (long)threads * PartsPerThread);

        int panels = CeilingDivide(shape.N, panelWidth);
        int mostPanels = Math.Clamp(StripElements / Math.Max(shape.K, 1) / panelWidth, 1, Math.Max(1, MostStripColumns / panelWidth));
        // With few rows, packing B is most of the work: cut columns only, so that it is packed once.
        if (shape.M <= MostBlockRows)
            mostPanels = (int)Math.Min(mostPanels, CeilingDivide(panels, parts));
        int strips = CeilingDivide(panels, mostPanels);
        int stripColumns = CeilingDivide(panels, strips) * panelWidth;
        strips = CeilingDivide(shape.N, stripColumns);

        int tiles = CeilingDivide(shape.M, TileRows);
        int bands = (int)Math.Clamp(CeilingDivide(parts, strips), 1, tiles);
        int bandRows = CeilingDivide(tiles, bands) * TileRows;
        bands = CeilingDivide(shape.M, bandRows);
        int blocks = CeilingDivide(bandRows, MostBlockRows);
        int blockRows = CeilingDivide(bandRows / TileRows, blocks) * TileRows;
        return new MatmulTiling(bands, bandRows, strips, stripColumns, blockRows, panelWidth);
    }

    private static int CeilingDivide(long a, long b) => (int)((a + b - 1) / b);
}
