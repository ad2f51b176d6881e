using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The entries of sparse rows, one row behind the other, in chunks of memory: as many bytes as there are entries, whatever rows
/// could have.</summary>
/// <param name="allocate">Gives the memory of a chunk.</param>
internal sealed unsafe class EntryMemory(Func<long, DeviceMemory> allocate) : IDisposable
{
    private const int Shift = 17;
    private const int ChunkEntries = 1 << Shift;

    private readonly List<DeviceMemory> _chunks = [];
    private long _count;

    /// <summary>Entries of the longest row; 1 at least.</summary>
    public int Longest { get; private set; } = 1;

    /// <summary>Bytes taken, the unused end of the last chunk included.</summary>
    public long Bytes => _chunks.Sum(chunk => chunk.Bytes);

    /// <summary>The chunks, in order: all but the last full.</summary>
    public IReadOnlyList<DeviceMemory> Chunks => _chunks;

    /// <summary>Appends the entries of a row.</summary>
    /// <param name="slots">Slots, ascending.</param>
    /// <param name="values">Their numbers.</param>
    /// <param name="format">Format that numbers are rounded to.</param>
    /// <returns>Where they lie.</returns>
    public EntryPlace Append(ReadOnlySpan<int> slots, ReadOnlySpan<float> values, NumericFormat format)
    {
        long first = _count;
        for (int i = 0; i < slots.Length; i++, _count++)
        {
            if (_count >> Shift == _chunks.Count)
            {
                _chunks.Add(allocate((long)ChunkEntries * SparseEntry.Bytes));
            }

            *At(_count) = new SparseEntry(slots[i], Rounded(values[i], format));
        }

        Longest = Math.Max(Longest, slots.Length);
        return new EntryPlace(first, slots.Length);
    }

    /// <summary>Copies the entries of a row.</summary>
    /// <param name="place">Where they lie.</param>
    /// <param name="to">Receives them.</param>
    public void CopyTo(EntryPlace place, SparseEntry* to)
    {
        for (int done = 0; done < place.Count;)
        {
            ReadOnlySpan<SparseEntry> piece = Piece(place, done);
            piece.CopyTo(new Span<SparseEntry>(to + done, piece.Length));
            done += piece.Length;
        }
    }

    /// <summary>The entries of a row from one of them to its last, or to the end of the chunk.</summary>
    /// <param name="place">Where the row's lie.</param>
    /// <param name="from">The first of them, from 0.</param>
    public ReadOnlySpan<SparseEntry> Piece(EntryPlace place, int from)
    {
        long first = place.First + from;
        int left = ChunkEntries - (int)(first & (ChunkEntries - 1));
        return new ReadOnlySpan<SparseEntry>(At(first), Math.Min(left, place.Count - from));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMemory chunk in _chunks)
        {
            chunk.Dispose();
        }
    }

    private static float Rounded(float value, NumericFormat format)
        => format.Is16Bit() ? FormatConversion.FromBits(format, FormatConversion.ToBits(format, value)) : value;

    private SparseEntry* At(long number) => (SparseEntry*)_chunks[(int)(number >> Shift)].Address + (number & (ChunkEntries - 1));
}
