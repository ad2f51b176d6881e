using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// How a product is cut. op(B) goes through in strips of columns, each laid out in panels once, by all threads together; a strip's C is cut
/// into bands of rows × cuts of columns, one part each; a band into blocks of rows, K into blocks of depth. No cut changes a bit of the
/// result.
/// </summary>
/// <remarks>
/// A panel of B (one block deep, two vectors wide) comes from the second- or third-level cache, a tile of A (a few rows of a block) stays
/// in
/// the first, a block of A in the second. The layout is that of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix
/// multiplication" (2008).
/// </remarks>
/// <param name="StripColumns">Columns of a strip, whole panels.</param>
/// <param name="Bands">Bands of a strip: tiles of rows, divided evenly.</param>
/// <param name="Cuts">Cuts of a strip: panels, divided evenly. More than one where there are few rows.</param>
/// <param name="BlockRows">Most rows of a block, whole tiles.</param>
/// <param name="TileRows">Rows of C that the inner kernel computes at once.</param>
/// <param name="PanelWidth">Columns of C that it computes at once, two vectors.</param>
internal readonly record struct MatmulTiling(int StripColumns, int Bands, int Cuts, int BlockRows, int TileRows, int PanelWidth)
{
    /// <summary>Rows of C that the inner kernel computes at once.</summary>
    public const int ShortTileRows = 6;

    /// <summary>Rows of C that it computes at once where the processor has 32 vector registers.</summary>
    public const int TallTileRows = 12;

    /// <summary>Steps along K between two visits of the same tile of C.</summary>
    public const int BlockDepth = 256;

    /// <summary>Steps along K of a transposed A that are laid out together: a few neighbouring lines are read and written at a
    /// time.</summary>
    public const int CopiedSteps = 8;

    /// <summary>Panels whose sums are finished together: wide enough for the epilogue's loops, narrow enough to stay near.</summary>
    private const int PanelsPerGroup = 4;

    private const int MostBlockRows = 240;

    /// <summary>384 KiB, for the second-level cache.</summary>
    private const int BlockElements = 96 * 1024;

    /// <summary>4 MiB: a wider strip lays A out less often, a narrower one stays in the cache that the cores share.</summary>
    private const int StripElements = 1024 * 1024;

    /// <summary>So many that a thread that the system interrupts does not hold up the rest for long.</summary>
    private const int PartsPerThread = 4;

    /// <summary>Multiply-adds in a few microseconds: less is not worth a thread.</summary>
    private const long LeastWork = 512 * 1024;

    /// <summary>Columns of C whose sums are finished together.</summary>
    public int GroupColumns => PanelsPerGroup * PanelWidth;

    /// <summary>Elements of a laid-out tile of A from one step along K to the next: <see cref="TileRows"/> up to whole 128-bit
    /// vectors.</summary>
    public int TilePitch => (TileRows + 3) / 4 * 4;

    /// <summary>Cuts a product.</summary>
    /// <param name="shape">Its sizes.</param>
    /// <param name="threads">That compute.</param>
    /// <param name="path">Their vector width.</param>
    /// <param name="packsB">Whether op(B) is laid out on the way; else it is one strip.</param>
    public static MatmulTiling Of(in MatmulShape shape, int threads, SimdPath path, bool packsB)
    {
        int width = WidthOf(path);
        int tileRows = path == SimdPath.Vector512 ? TallTileRows : ShortTileRows;
        long depth = Math.Max(shape.K, 1);
        long work = (long)shape.M * shape.N * depth;
        long parts = threads == 1 ? 1 : Math.Clamp(work / LeastWork, 1, (long)threads * PartsPerThread);

        int panels = Math.Max(1, CeilingDivide(shape.N, width));
        int strips = packsB ? CeilingDivide(panels, Math.Max(1, StripElements / depth / width)) : 1;
        int stripPanels = CeilingDivide(panels, strips);
        int tiles = Math.Max(1, CeilingDivide(shape.M, tileRows));
        int bands = (int)Math.Min(parts, tiles);
        int cuts = Math.Min(CeilingDivide(parts, bands), stripPanels);
        int blockTiles = (int)Math.Clamp(BlockElements / depth / tileRows, 1, MostBlockRows / tileRows);
        int blocks = CeilingDivide(CeilingDivide(tiles, bands), blockTiles);
        return new MatmulTiling(
            stripPanels * width,
            bands,
            cuts,
            CeilingDivide(CeilingDivide(tiles, bands), blocks) * tileRows,
            tileRows,
            width);
    }

    /// <summary>Columns of a panel: two vectors.</summary>
    public static int WidthOf(SimdPath path) => 2 * path.Bits() / 32;

    private static int CeilingDivide(long a, long b) => (int)((a + b - 1) / b);
}
