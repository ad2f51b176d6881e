using System.Security.Cryptography;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>SHA-256 of what a stream holds, read piece by piece.</summary>
internal static class Checksum
{
    /// <summary>Bytes of a checksum.</summary>
    public const int Bytes = SHA256.HashSizeInBytes;

    private const int PieceBytes = 1 << 16;

    /// <summary>Computes it; the stream is then behind what was read.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="bytes">Bytes to read.</param>
    /// <exception cref="EndOfStreamException">There are fewer.</exception>
    public static byte[] Compute(Stream stream, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[PieceBytes];
        while (bytes > 0)
        {
            Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, bytes));
            stream.ReadExactly(piece);
            hash.AppendData(piece);
            bytes -= piece.Length;
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Writes through a hash, and then the hash.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="write">Writes what is hashed.</param>
    public static void Append(Stream stream, Action<Stream> write)
    {
        using SHA256 hash = SHA256.Create();
        using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
        {
            write(hashed);
        }

        stream.Write(hash.Hash!);
    }

    /// <summary>Reads a checksum and compares it.</summary>
    /// <param name="stream">At the checksum.</param>
    /// <param name="computed">What it has to be.</param>
    /// <exception cref="InvalidDataException">It is not.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    public static void Require(Stream stream, byte[] computed)
    {
        var stored = new byte[Bytes];
        stream.ReadExactly(stored);
        if (!computed.AsSpan().SequenceEqual(stored))
        {
            throw new InvalidDataException("Its checksum does not agree with its contents.");
        }
    }
}
