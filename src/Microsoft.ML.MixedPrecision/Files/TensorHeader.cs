using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>
/// The beginning of safetensors: the header's length (UInt64, little-endian), then JSON, name → dtype, shape, first and last byte, and
/// texts under
/// <c>__metadata__</c>, filled up with spaces to a multiple of 8 bytes. The values follow without gaps. Source:
/// https://huggingface.co/docs/safetensors.
/// </summary>
/// <param name="Entries">The tensors.</param>
/// <param name="Metadata">The texts.</param>
internal sealed record TensorHeader(IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    private const string MetadataName = "__metadata__";
    private const int Alignment = 8;

    /// <summary>Bytes that a header may take.</summary>
    private const int MaxBytes = 16 << 20;

    /// <summary>Bytes of all tensors.</summary>
    public long DataBytes => Entries.Count == 0 ? 0 : Entries.Max(entry => entry.End);

    /// <summary>A header for tensors that follow each other.</summary>
    /// <param name="tensors">Name, format and shape of each.</param>
    /// <param name="metadata">Texts.</param>
    public static TensorHeader Of(
        IEnumerable<(string Name, string DType, IReadOnlyList<long> Shape)> tensors,
        IReadOnlyDictionary<string, string> metadata)
    {
        var entries = new List<TensorEntry>();
        long offset = 0;
        foreach ((string name, string dtype, IReadOnlyList<long> shape) in tensors)
        {
            long start = offset;
            offset += TensorEntry.BytesOf(dtype, shape);
            entries.Add(new TensorEntry(name, dtype, shape, start, offset));
        }

        return new TensorHeader(entries, metadata);
    }

    /// <summary>Writes length and JSON.</summary>
    /// <param name="stream">Where to.</param>
    /// <exception cref="InvalidDataException">It would be longer than what is read.</exception>
    public void Write(Stream stream)
    {
        byte[] json = ToJson();
        if (json.Length > MaxBytes)
        {
            throw new InvalidDataException($"A tensor header of {json.Length} bytes is longer than {MaxBytes}; give the "
                + $"{Entries.Count} tensors shorter names or texts.");
        }

        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        stream.Write(length);
        stream.Write(json);
    }

    /// <summary>Reads length and JSON; the stream is then at the first tensor.</summary>
    /// <param name="stream">Where to read.</param>
    /// <param name="bytes">Bytes from here to the end of the tensors; nothing larger is allocated.</param>
    /// <param name="dataBytes">Bytes behind the header.</param>
    /// <exception cref="InvalidDataException">The header is malformed.</exception>
    /// <exception cref="EndOfStreamException">The stream ends early.</exception>
    public static TensorHeader Read(Stream stream, long bytes, out long dataBytes)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        if (bytes < length.Length)
        {
            throw new InvalidDataException($"{bytes} bytes are too few for tensors.");
        }

        stream.ReadExactly(length);
        ulong headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (headerBytes > Math.Min(MaxBytes, (ulong)(bytes - length.Length)))
        {
            throw new InvalidDataException($"A tensor header of {headerBytes} bytes does not fit into {bytes}.");
        }

        var json = new byte[headerBytes];
        stream.ReadExactly(json);
        dataBytes = bytes - length.Length - json.Length;
        return Parse(json);
    }

    private byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMetadata(json);
            foreach (TensorEntry entry in Entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.DType);
                WriteNumbers(json, "shape", entry.Shape);
                WriteNumbers(json, "data_offsets", [entry.Start, entry.End]);
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

    private void WriteMetadata(Utf8JsonWriter json)
    {
        if (Metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject(MetadataName);
        foreach ((string key, string text) in Metadata)
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static TensorHeader Parse(byte[] header)
    {
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 });
            Dictionary<string, string> metadata = json.RootElement.TryGetProperty(MetadataName, out JsonElement texts)
                ? texts.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "")
                : [];
            return new TensorHeader(
                [.. json.RootElement.EnumerateObject().Where(entry => !entry.NameEquals(MetadataName)).Select(Entry)],
                metadata);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The tensor header is malformed: " + e.Message, e);
        }
    }

    private static TensorEntry Entry(JsonProperty property)
    {
        long[] shape = Numbers(property.Value.GetProperty("shape")), offsets = Numbers(property.Value.GetProperty("data_offsets"));
        return offsets.Length == 2
            ? new TensorEntry(property.Name, property.Value.GetProperty("dtype").GetString() ?? "", shape, offsets[0], offsets[1])
            : throw new InvalidDataException($"The tensor '{property.Name}' has {offsets.Length} offsets instead of 2.");
    }

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetInt64())];
}
