using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Networks;

/// <summary>
/// Float32 matrices as safetensors: the header's length (UInt64), the header (JSON: name → dtype, shape, first and last byte),
/// the values. All numbers are little-endian. Source: https://huggingface.co/docs/safetensors.
/// </summary>
internal static class Safetensors
{
    private const string Float32 = "F32";
    private const string Metadata = "__metadata__";
    private const int Alignment = 8;

    /// <summary>Values that are read or written at a time: a span of bytes cannot be as long as an array of floats.</summary>
    private const int PieceLength = 1 << 20;

    /// <summary>Bytes that a header may take.</summary>
    private const int MaxHeaderBytes = 16 << 20;

    /// <summary>Writes matrices, in their order.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="matrices">The matrices.</param>
    /// <param name="metadata">Texts for the header's <c>__metadata__</c>.</param>
    public static void Write(Stream stream, IReadOnlyList<StoredMatrix> matrices, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] header = Header(matrices, metadata);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
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
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        if (bytes < length.Length)
        {
            throw new InvalidDataException($"{bytes} bytes are too few for tensors.");
        }

        stream.ReadExactly(length);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > Math.Min(MaxHeaderBytes, (ulong)(bytes - length.Length)))
        {
            throw new InvalidDataException($"A tensor header of {headerBytes} bytes does not fit into {bytes}.");
        }

        var header = new byte[headerBytes];
        stream.ReadExactly(header);
        IReadOnlyDictionary<string, string> metadata = CheckHeader(header, matrices, bytes - length.Length - header.Length);
        foreach (StoredMatrix matrix in matrices)
        {
            ReadValues(stream, matrix.Values);
        }

        return metadata;
    }

    private static byte[] Header(IReadOnlyList<StoredMatrix> matrices, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            long offset = 0;
            foreach (StoredMatrix matrix in matrices)
            {
                json.WriteStartObject(matrix.Name);
                json.WriteString("dtype", Float32);
                WriteNumbers(json, "shape", matrix.Rows, matrix.Columns);
                WriteNumbers(json, "data_offsets", offset, offset += BytesOf(matrix));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // The values start aligned, behind spaces.
        while (buffer.Length % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject(Metadata);
        foreach ((string key, string text) in metadata)
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long first, long second)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(first);
        json.WriteNumberValue(second);
        json.WriteEndArray();
    }

    /// <returns>The metadata.</returns>
    private static Dictionary<string, string> CheckHeader(byte[] header, IReadOnlyList<StoredMatrix> matrices, long dataBytes)
    {
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 });
            Dictionary<string, string> metadata = json.RootElement.TryGetProperty(Metadata, out JsonElement texts)
                ? texts.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "")
                : [];
            int others = json.RootElement.EnumerateObject().Count(entry => entry.NameEquals(Metadata));
            long offset = 0;
            foreach (StoredMatrix matrix in matrices)
            {
                CheckEntry(json.RootElement.GetProperty(matrix.Name), matrix, offset);
                offset += BytesOf(matrix);
            }

            if (json.RootElement.EnumerateObject().Count() - others != matrices.Count || offset != dataBytes)
            {
                throw new InvalidDataException($"There are {dataBytes} bytes of tensors; the network's {matrices.Count} matrices take {offset}.");
            }

            return metadata;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The tensor header is malformed: " + e.Message, e);
        }
    }

    private static void CheckEntry(JsonElement entry, StoredMatrix matrix, long offset)
    {
        JsonElement shape = entry.GetProperty("shape");
        JsonElement offsets = entry.GetProperty("data_offsets");
        bool matches = entry.GetProperty("dtype").ValueEquals(Float32)
            && shape.GetArrayLength() == 2 && shape[0].GetInt64() == matrix.Rows && shape[1].GetInt64() == matrix.Columns
            && offsets.GetArrayLength() == 2 && offsets[0].GetInt64() == offset && offsets[1].GetInt64() == offset + BytesOf(matrix);
        if (!matches)
        {
            throw new InvalidDataException($"The tensor {entry.GetRawText()} is not what the network needs: {matrix}, {Float32}, from byte {offset}.");
        }
    }

    private static long BytesOf(StoredMatrix matrix) => (long)matrix.Values.Length * sizeof(float);

    private static void WriteValues(Stream stream, float[] values)
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
