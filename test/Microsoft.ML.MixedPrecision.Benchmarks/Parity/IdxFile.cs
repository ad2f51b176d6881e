using System.Buffers.Binary;
using System.IO.Compression;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>
/// An array of bytes in LeCun's IDX format, compressed by gzip: two bytes 0, type 8 (unsigned byte), number of dimensions, each dimension
/// as a
/// big-endian Int32, then the values, the last dimension fastest. See yann.lecun.com/exdb/mnist.
/// </summary>
/// <param name="Shape">Size of each dimension.</param>
/// <param name="Values">The values.</param>
internal sealed record IdxFile(IReadOnlyList<int> Shape, byte[] Values)
{
    private const byte UnsignedByte = 8;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">Dimensions that it must have.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or something else.</exception>
    public static IdxFile Read(string path, int dimensions)
    {
        using FileStream file = File.OpenRead(path);
        using var stream = new GZipStream(file, CompressionMode.Decompress);
        try
        {
            return Read(stream, dimensions);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{path} is no gzip file of bytes in IDX format with {dimensions} dimensions: {e.Message} "
                + $"Get the file again.", e);
        }
    }

    private static IdxFile Read(Stream stream, int dimensions)
    {
        byte[] header = new byte[4 + (4 * dimensions)];
        ReadExactly(stream, header, "header");
        if (header[0] != 0 || header[1] != 0 || header[2] != UnsignedByte || header[3] != dimensions)
        {
            throw new InvalidDataException($"it starts with the bytes {Convert.ToHexString(header.AsSpan(0, 4))} instead of "
                + $"000008{dimensions:X2}.");
        }

        int[] shape = [.. Enumerable.Range(1, dimensions).Select(i => BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4 * i)))];
        if (shape.Any(size => size < 1) || shape.Aggregate(1.0, (product, size) => product * size) > Array.MaxLength)
        {
            throw new InvalidDataException($"its dimensions are {string.Join(" × ", shape)}; each must be positive and the product at "
                + $"most {Array.MaxLength}.");
        }

        byte[] values = new byte[shape.Aggregate(1, (product, size) => product * size)];
        ReadExactly(stream, values, $"{string.Join(" × ", shape)} values");
        return stream.ReadByte() < 0
            ? new IdxFile(shape, values)
            : throw new InvalidDataException($"there are more bytes behind its {string.Join(" × ", shape)} values.");
    }

    private static void ReadExactly(Stream stream, byte[] to, string what)
    {
        int read = stream.ReadAtLeast(to, to.Length, throwOnEndOfStream: false);
        if (read < to.Length)
        {
            throw new EndOfStreamException($"it ends after {read} of the {to.Length} bytes of its {what}.");
        }
    }
}
