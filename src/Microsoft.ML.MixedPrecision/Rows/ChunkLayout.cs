using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// How 2ᵏ rows lie in a chunk of memory: column behind column, and in each of them example behind example. A column begins at a multiple of
/// its <see cref="SchemaColumn.Alignment"/>; a chunk takes a multiple of 256 bytes, so that chunks laid end to end, as on a card, all begin
/// aligned.
/// </summary>
internal sealed class ChunkLayout
{
    /// <summary>Bytes that a chunk takes at most, unless a single row takes more.</summary>
    public const int MostBytes = 1 << 20;

    private const int ChunkAlignment = 256;
    private readonly ColumnPlace[] _columns;

    /// <summary>Lays out.</summary>
    /// <param name="schema">The columns.</param>
    public ChunkLayout(RowSchema schema)
    {
        RowBytes = schema.Columns.Sum(column => (long)column.ExampleBytes);
        Shift = BitOperations.Log2((uint)Math.Max(1, MostBytes / RowBytes));
        _columns = new ColumnPlace[schema.Columns.Length];
        long end = 0;
        for (int i = 0; i < _columns.Length; i++)
        {
            SchemaColumn column = schema.Columns[i];
            long start = RoundUp(end, column.Alignment);
            _columns[i] = new ColumnPlace(start, column.ExampleBytes);
            end = start + ((long)column.ExampleBytes << Shift);
        }

        Bytes = RoundUp(end, ChunkAlignment);
    }

    /// <summary>A chunk has 2^shift rows.</summary>
    public int Shift { get; }

    /// <summary>Bytes of a row in all its columns.</summary>
    public long RowBytes { get; }

    /// <summary>Bytes of a chunk.</summary>
    public long Bytes { get; }

    /// <summary>Where a column's examples lie.</summary>
    public ref readonly ColumnPlace this[int column] => ref _columns[column];

    private static long RoundUp(long bytes, int unit) => (bytes + unit - 1) / unit * unit;
}

/// <summary>Where a column's examples lie in a chunk.</summary>
/// <param name="Start">Bytes from the start of the chunk to the first example.</param>
/// <param name="Bytes">Bytes from one example to the next.</param>
internal readonly record struct ColumnPlace(long Start, long Bytes);
