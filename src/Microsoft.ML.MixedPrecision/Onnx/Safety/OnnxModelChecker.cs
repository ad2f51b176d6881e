using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>
/// Checks files of unknown origin before ONNX Runtime sees them: first the bytes along the schema, then versions, then the checksum where
/// there is one, then the graph, then the memory
/// of every value. Nothing here opens a path that is named inside the file.
/// </summary>
internal static class OnnxModelChecker
{
    /// <summary>Most bytes of one protobuf message.</summary>
    private const long FormatLimit = int.MaxValue;

    /// <summary>Checks a model.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="batchSize">Rows of a batch, where the model does not fix them.</param>
    /// <returns>The model.</returns>
    /// <exception cref="OnnxModelRefusedException">The file is refused.</exception>
    public static CheckedModel Check(byte[] file, OnnxModelLimits limits, int batchSize)
    {
        using var culture = new InvariantCultureScope();
        if (file.Length == 0)
        {
            throw Refusal.Damaged("it is empty");
        }

        if (file.LongLength > limits.MaxBytes)
        {
            throw Refusal.AboveLimit($"it has {file.LongLength} bytes", limits.MaxBytes, nameof(OnnxModelLimits.MaxBytes));
        }

        new WireScan(limits).Check(file);
        var model = Parse(file);
        if (model.Graph is null)
        {
            throw Refusal.Damaged("it holds no graph");
        }

        var opsets = new FrameCheck(limits).Check(model);
        model.Graph.ValueInfo.Clear();
        CheckSum(model);
        new GraphCheck(limits, opsets).Check(model.Graph);
        return new CheckedModel(model, limits, opsets, batchSize);
    }

    /// <summary>Checks a model and tells what was found.</summary>
    /// <param name="read">Reads the file.</param>
    /// <param name="limits">The limits; null for the defaults.</param>
    /// <param name="batchSize">Rows of a batch, where the model does not fix them.</param>
    /// <exception cref="OnnxModelRefusedException">The file is refused.</exception>
    public static OnnxModelReport Report(Func<OnnxModelLimits, byte[]> read, OnnxModelLimits? limits, int batchSize)
    {
        CountCheck.RequireRows(batchSize, nameof(batchSize));
        limits ??= new OnnxModelLimits();
        var model = Check(read(limits), limits, batchSize);
        return new()
        {
            Inputs = [.. model.Inputs.Select(input => input.Name)],
            Outputs = [.. model.Outputs.Select(output => output.Name)],
            Nodes = model.Nodes,
            BatchSize = model.BatchSize,
            WorkingBytes = model.WorkingBytes,
        };
    }

    /// <summary>Reads a file, if it is not too large.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">The limits.</param>
    /// <returns>Its bytes; the file is closed again.</returns>
    /// <exception cref="OnnxModelRefusedException">It is too large.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] Read(string path, OnnxModelLimits limits)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        return Read(stream, limits);
    }

    /// <summary>Reads a stream to its end, if it is not too long.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="limits">The limits.</param>
    /// <exception cref="OnnxModelRefusedException">It is too long.</exception>
    public static byte[] Read(Stream stream, OnnxModelLimits limits)
    {
        long limit = Math.Min(limits.MaxBytes, FormatLimit);
        long expected = stream.CanSeek ? stream.Length - stream.Position : 0;
        if (expected > limit)
        {
            throw Refusal.AboveLimit($"it has {expected} bytes", limit, nameof(OnnxModelLimits.MaxBytes));
        }

        using var memory = new MemoryStream((int)expected);
        byte[] part = new byte[1 << 16];
        for (int count = stream.Read(part); count > 0; count = stream.Read(part))
        {
            if (memory.Length + count > limit)
            {
                throw Refusal.AboveLimit($"it has {memory.Length + count} bytes or more", limit, nameof(OnnxModelLimits.MaxBytes));
            }

            memory.Write(part, 0, count);
        }

        return memory.Length == memory.Capacity ? memory.GetBuffer() : memory.ToArray();
    }

    private static void CheckSum(ModelProto model)
    {
        if (!OnnxChecksum.Fits(model))
        {
            throw Refusal.Because($"what it computes is not what the checksum in its metadata, '{OnnxChecksum.Key}', was made of: it "
                + $"was damaged or changed after its export", "Use an undamaged copy, or, if a tool has changed it on purpose, remove "
                    + "that entry of the metadata.");
        }
    }

    private static ModelProto Parse(byte[] file)
    {
        try
        {
            return ModelProto.Parser.ParseFrom(file);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or ArgumentException)
        {
            throw new OnnxModelRefusedException($"The ONNX file is refused: it is no protobuf message of a model ({exception.Message}) "
                + $"Use an undamaged file from a source that you trust.", exception);
        }
    }
}
