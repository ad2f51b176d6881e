using System.Buffers.Binary;
using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// Float32 matrices as safetensors: a <see cref="TensorHeader"/>, then the values, little-endian.
/// </summary>
internal static class Safetensors
{
    private const string Float32 = "F32";

    /// <summary>Values that are read or written at a time: a span of bytes cannot be as long as an array of floats.</summary>
    private const int PieceLength = 1 << 20;

    /// <summary>Writes matrices, in their order.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="matrices">The matrices.</param>
    /// <param name="metadata">Texts for the header's <c>__metadata__</c>.</param>
    public static void Write(Stream stream, IReadOnlyList<StoredMatrix> matrices, IReadOnlyDictionary<string, string> metadata)
    {
        Header(matrices, metadata).Write(stream);
        foreach (StoredMatrix matrix in matrices)
        {
            WriteValues(stream, matrix.Values);
        }
    }

    /// <summary>Reads values into matrices: exactly these, each of its own shape, and nothing else.</summary>
    /// <param name="stream">Where to read.</param>
    /// <param name="bytes">Bytes from here to the end of the tensors; nothing behind is read, and nothing larger is allocated.</param>
    /// <param name="matrices">The matrices that there must be.</param>
    /// <returns>The texts of the header's <c>__metadata__</c>.</returns>
    /// <exception cref="InvalidDataException">The header is malformed, or says anything else.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    public static IReadOnlyDictionary<string, string> Read(Stream stream, long bytes, IReadOnlyList<StoredMatrix> matrices)
    {
        var header = TensorHeader.Read(stream, bytes, out long dataBytes);
        Check(header, matrices, dataBytes);
        foreach (StoredMatrix matrix in matrices)
        {
            ReadValues(stream, matrix.Values);
        }

        return header.Metadata;
    }

    private static TensorHeader Header(IReadOnlyList<StoredMatrix> matrices, IReadOnlyDictionary<string, string> metadata)
        => TensorHeader.Of(matrices.Select(matrix => (matrix.Name, Float32, (IReadOnlyList<long>)[matrix.Rows, matrix.Columns])), metadata);

    private static void Check(TensorHeader header, IReadOnlyList<StoredMatrix> matrices, long dataBytes)
    {
        Dictionary<string, TensorEntry> found = header.Entries.ToDictionary(entry => entry.Name);
        foreach (TensorEntry needed in Header(matrices, header.Metadata).Entries)
        {
            TensorEntry entry = found.GetValueOrDefault(needed.Name)
                ?? throw new InvalidDataException($"There is no tensor '{needed.Name}', which the network needs.");
            if (entry.DType != needed.DType
                || !entry.Shape.SequenceEqual(needed.Shape)
                || (entry.Start, entry.End) != (needed.Start, needed.End))
            {
                throw new InvalidDataException($"The tensor {Text(entry)} is not what the network needs: {Text(needed)}.");
            }
        }

        long bytes = matrices.Sum(BytesOf);
        if (found.Count != matrices.Count || bytes != dataBytes)
        {
            throw new InvalidDataException($"There are {dataBytes} bytes of tensors; the network's {matrices.Count} matrices take "
                + $"{bytes}.");
        }
    }

    private static string Text(TensorEntry entry)
        => $"'{entry.Name}' of [{string.Join(", ", entry.Shape)}] {entry.DType} from byte {entry.Start} to {entry.End}";

    private static long BytesOf(StoredMatrix matrix) => (long)matrix.Values.Length * sizeof(float);

    /// <summary>Writes values, little-endian.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="values">The values.</param>
    public static void WriteValues(Stream stream, float[] values)
    {
        var piece = new byte[Math.Min(PieceLength, values.Length) * sizeof(float)];
        for (int at = 0; at < values.Length; at += PieceLength)
        {
            Span<float> from = Piece(values, at);
            for (int i = 0; i < from.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(piece.AsSpan(i * sizeof(float)), from[i]);
            }

            stream.Write(piece, 0, from.Length * sizeof(float));
        }
    }

    private static void ReadValues(Stream stream, float[] values)
    {
        var piece = new byte[Math.Min(PieceLength, values.Length) * sizeof(float)];
        for (int at = 0; at < values.Length; at += PieceLength)
        {
            Span<float> to = Piece(values, at);
            stream.ReadExactly(piece, 0, to.Length * sizeof(float));
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = BinaryPrimitives.ReadSingleLittleEndian(piece.AsSpan(i * sizeof(float)));
            }
        }
    }

    private static Span<float> Piece(float[] values, int at) => values.AsSpan(at, Math.Min(PieceLength, values.Length - at));
}
