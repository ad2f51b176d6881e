using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>A digest of the rows, by which a run knows its data again.</content>
internal sealed unsafe partial class RowStore
{
    /// <summary>
    /// SHA-256, in hexadecimal, of each row's columns in the order of the schema, row after row; how chunks and padding lie does not count.
    /// Of sparse numbers their count, slots and numbers.
    /// </summary>
    public string Digest()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[Math.Max(PartBytes, _layout.RowBytes)];
        int filled = 0;
        for (int row = 0; row < Rows; row++)
        {
            if (filled + _layout.RowBytes > piece.Length)
            {
                hash.AppendData(piece, 0, filled);
                filled = 0;
            }

            for (int column = 0; column < Schema.Columns.Length; column++)
            {
                if (Schema.Columns[column].Kind == ElementKind.Entry)
                {
                    hash.AppendData(piece, 0, filled);
                    filled = 0;
                    Append(hash, *(EntryPlace*)At(column, row));
                }
                else
                {
                    filled += CopyUnpadded(Schema.Columns[column], At(column, row), piece.AsSpan(filled));
                }
            }
        }

        hash.AppendData(piece, 0, filled);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Append(IncrementalHash hash, EntryPlace place)
    {
        int count = place.Count;
        hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in count)));
        for (int done = 0; done < count;)
        {
            ReadOnlySpan<SparseEntry> entries = _entries!.Piece(place, done);
            hash.AppendData(MemoryMarshal.AsBytes(entries));
            done += entries.Length;
        }
    }

    /// <summary>Copies an example without the padding behind its rows of numbers.</summary>
    private static int CopyUnpadded(SchemaColumn column, byte* example, Span<byte> to)
    {
        int lines = column.Kind == ElementKind.Number ? column.Shape.Rows : 1;
        int pitch = column.ExampleBytes / lines;
        int bytes = column.Kind == ElementKind.Number ? column.Shape.Columns * column.Format.BytesPerElement() : pitch;
        for (int line = 0; line < lines; line++)
        {
            new ReadOnlySpan<byte>(example + ((long)line * pitch), bytes).CopyTo(to[(line * bytes)..]);
        }

        return lines * bytes;
    }
}
