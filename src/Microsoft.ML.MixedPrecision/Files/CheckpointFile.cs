using System.Text;

namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>
/// A checkpoint as a file: safetensors, the texts as tensors of bytes named <c>text/…</c> behind the others, then the SHA-256 of everything
/// before.
/// A reader of safetensors that allows bytes at the end can read it.
/// </summary>
internal static class CheckpointFile
{
    private const string FormatKey = "format";
    private const string Format = "Microsoft.ML.MixedPrecision checkpoint 1";
    private const string TextPrefix = "text/";
    private const string TextType = "U8";
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes a file beside, brings it to the disk and renames it: the destination is what it was or the whole new file, whatever
    /// happens.</summary>
    /// <param name="path">The destination.</param>
    /// <param name="contents">What to write.</param>
    /// <exception cref="ArgumentException">A tensor has a text's name, or not the bytes of its shape.</exception>
    /// <exception cref="IOException">The disk is full, or something else went wrong with it; the message says what to do.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the destination cannot be written to.</exception>
    public static void Write(string path, CheckpointContents contents)
    {
        IReadOnlyList<CheckpointTensor> tensors = [.. contents.Tensors.Select(Checked), .. contents.Texts.Select(Text)];
        var metadata = new Dictionary<string, string> { [FormatKey] = Format };
        var header = TensorHeader.Of(tensors.Select(tensor => (tensor.Name, tensor.DType, tensor.Shape)), metadata);
        ReplacedFile.WriteDurably(path, stream => Checksum.Append(stream, hashed =>
        {
            header.Write(hashed);
            foreach (CheckpointTensor tensor in tensors)
            {
                WritePieces(hashed, tensor.Bytes);
            }
        }));
    }

    /// <summary>Reads a file. Nothing is believed before the checksum agrees, and nothing larger than the file is allocated.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is cut short, altered, of a later version, or no checkpoint at all.</exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static CheckpointContents Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            long bytes = stream.Length - Checksum.Bytes;
            Checksum.Require(stream, Checksum.Compute(stream, bytes > 0 ? bytes : throw new InvalidDataException(
                $"Its {stream.Length} bytes are too few.")));
            stream.Position = 0;
            return ReadContents(stream, bytes);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"The checkpoint '{path}' cannot be read: {e.Message} Use another checkpoint of its folder "
                + $"or an undamaged copy.", e);
        }
    }

    /// <summary>A hashing stream copies what it is given: not all of a large tensor at once.</summary>
    private static void WritePieces(Stream stream, byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += PieceBytes)
        {
            stream.Write(bytes, at, Math.Min(PieceBytes, bytes.Length - at));
        }
    }

    private static CheckpointContents ReadContents(Stream stream, long bytes)
    {
        TensorHeader header = TensorHeader.Read(stream, bytes, out long dataBytes);
        if (header.Metadata.GetValueOrDefault(FormatKey) is not Format and var other)
        {
            throw new InvalidDataException($"Its format is '{other ?? "none"}'; this version reads '{Format}'.");
        }

        Check(header, dataBytes);
        var texts = new Dictionary<string, string>();
        var tensors = new List<CheckpointTensor>();
        foreach (TensorEntry entry in header.Entries)
        {
            var values = new byte[entry.Bytes];
            stream.ReadExactly(values);
            if (entry.Name.StartsWith(TextPrefix, StringComparison.Ordinal))
            {
                texts.Add(entry.Name[TextPrefix.Length..], Encoding.UTF8.GetString(values));
            }
            else
            {
                tensors.Add(new CheckpointTensor(entry.Name, entry.DType, entry.Shape, values));
            }
        }

        return new CheckpointContents(texts, tensors);
    }

    /// <summary>Checks that the tensors lie one behind the other, each as large as its shape says, and fill the file.</summary>
    private static void Check(TensorHeader header, long dataBytes)
    {
        long offset = 0;
        foreach (TensorEntry entry in header.Entries)
        {
            if (entry.Start != offset || entry.Bytes != TensorEntry.BytesOf(entry.DType, entry.Shape) || entry.Bytes > Array.MaxLength)
            {
                throw new InvalidDataException($"Its tensor '{entry.Name}' of [{string.Join(", ", entry.Shape)}] {entry.DType} cannot "
                    + $"take the bytes from {entry.Start} to {entry.End}.");
            }

            offset = entry.End;
        }

        if (offset != dataBytes)
        {
            throw new InvalidDataException($"Its tensors take {offset} bytes, but there are {dataBytes}.");
        }
    }

    private static CheckpointTensor Text(KeyValuePair<string, string> text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.Value);
        return new CheckpointTensor(TextPrefix + text.Key, TextType, [bytes.Length], bytes);
    }

    private static CheckpointTensor Checked(CheckpointTensor tensor)
    {
        if (tensor.Name.StartsWith(TextPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The tensor '{tensor.Name}' has the name of a text; a tensor's must not begin with "
                + $"'{TextPrefix}'.", nameof(tensor));
        }

        long bytes = TensorEntry.BytesOf(tensor.DType, tensor.Shape);
        return bytes == tensor.Bytes.Length
            ? tensor
            : throw new ArgumentException($"The tensor '{tensor.Name}' of [{string.Join(", ", tensor.Shape)}] {tensor.DType} takes "
                + $"{bytes} bytes; there are {tensor.Bytes.Length}.", nameof(tensor));
    }
}
