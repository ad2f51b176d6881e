using System.Buffers.Binary;
using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// A network in a saved model. Little-endian:
/// <code>
/// Int64       bytes of what follows up to the checksum
/// Int32       bytes of the spec
/// UTF-8       spec, JSON: <see cref="NetworkSpec"/>, or in files before version 4 <see cref="Versions.PerceptronDefinition"/>
/// bytes       parameters, running statistics and the preparation of features, Float32, as <see cref="Safetensors"/>, with texts that the
///             caller keeps in their metadata
/// 32 bytes    SHA-256 of everything from the second number to here
/// </code>
/// </summary>
internal static class NetworkFile
{
    /// <summary>Writes a network at the stream's position.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <param name="network">The network.</param>
    /// <param name="metadata">Texts to keep with it.</param>
    public static void Write(Stream stream, Network network, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] spec = NetworkSpecJson.Write(network.Spec);
        long start = stream.Position;
        WriteInt64(stream, 0);
        Checksum.Append(stream, hashed =>
        {
            Span<byte> length = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, spec.Length);
            hashed.Write(length);
            hashed.Write(spec);
            Safetensors.Write(hashed, network.Saved, metadata);
        });
        long end = stream.Position;
        stream.Position = start;
        WriteInt64(stream, end - start - sizeof(long) - Checksum.Bytes);
        stream.Position = end;
    }

    /// <summary>Reads a network at the stream's position. Nothing is believed before the checksum agrees, and nothing larger than the file
    /// is allocated.</summary>
    /// <param name="stream">A stream that can seek.</param>
    /// <exception cref="InvalidDataException">The network is cut short, altered, or not one at all.</exception>
    public static (Network Network, IReadOnlyDictionary<string, string> Metadata) Read(Stream stream)
    {
        try
        {
            long bytes = CheckedLength(stream);
            long start = stream.Position;
            Checksum.Require(stream, Checksum.Compute(stream, bytes));
            stream.Position = start;
            (Network, IReadOnlyDictionary<string, string>) contents = ReadContents(stream, bytes);
            stream.Position += Checksum.Bytes;
            return contents;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(e);
        }
    }

    /// <summary>The error for contents that nobody can have saved.</summary>
    /// <param name="cause">What was found.</param>
    public static InvalidDataException Damaged(Exception cause)
        => new($"The network in the model file is damaged and cannot be loaded: {cause.Message} Use an undamaged copy of the file, or "
            + $"save the model again.", cause);

    private static long CheckedLength(Stream stream)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        stream.ReadExactly(number);
        long bytes = BinaryPrimitives.ReadInt64LittleEndian(number);
        long left = stream.Length - stream.Position - Checksum.Bytes;
        return bytes >= sizeof(int) && bytes <= left
            ? bytes
            : throw new InvalidDataException($"It should take {bytes} bytes, but {left} are left.");
    }

    private static (Network Network, IReadOnlyDictionary<string, string> Metadata) ReadContents(Stream stream, long bytes)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        stream.ReadExactly(number);
        int length = BinaryPrimitives.ReadInt32LittleEndian(number);
        long left = bytes - number.Length;
        if (length < 0 || length > Math.Min(SpecLimits.MostBytes, left))
        {
            throw new InvalidDataException($"A description of {length} bytes does not fit into {left}.");
        }

        var text = new byte[length];
        stream.ReadExactly(text);
        left -= length;
        NetworkSpec spec = NetworkSpecJson.Read(text);
        long stored = new NetworkSizes(spec).Bytes;
        if (stored > left)
        {
            throw new InvalidDataException($"The network's weights take {stored} bytes, but {left} are left.");
        }

        var network = new Network(spec);
        return (network, Safetensors.Read(stream, left, network.Saved));
    }

    private static void WriteInt64(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
