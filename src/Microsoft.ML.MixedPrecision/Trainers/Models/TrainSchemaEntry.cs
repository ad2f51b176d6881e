using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// The columns of training in a saved transformer, as ML.NET reads them, and beside them their SHA-256: ML.NET's reader can wait forever
/// where they are damaged.
/// </summary>
/// <remarks>
/// The columns become bytes once, and these are both written and hashed. Two savings need not agree: annotations, such as slot names, are
/// asked for anew each
/// time and may answer the same names as a dense vector once and as a sparse one later, and compression promises no particular bytes.
/// </remarks>
internal static class TrainSchemaEntry
{
    private const string SchemaFile = "TrainSchema";
    private const string ChecksumFile = "TrainSchema.sha256";

    /// <summary>Saves both.</summary>
    /// <param name="ctx">Where to.</param>
    /// <param name="host">The transformer's host.</param>
    /// <param name="schema">The columns.</param>
    public static void Save(ModelSaveContext ctx, IHost host, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        using (IChannel channel = host.Start("Saving train schema"))
        {
            var saver = new BinarySaver(host, new BinarySaver.Arguments { Silent = true });
            DataSaverUtils.SaveDataView(channel, saver, new EmptyDataView(host, schema), stream);
        }

        byte[] columns = stream.ToArray();
        ctx.SaveBinaryStream(SchemaFile, writer => writer.Write(columns));
        ctx.SaveBinaryStream(ChecksumFile, writer => writer.Write(SHA256.HashData(columns)));
    }

    /// <summary>Checks the columns against their checksum, which older files do not have, before ML.NET reads them.</summary>
    /// <param name="ctx">Where they are.</param>
    /// <exception cref="InvalidDataException">They do not agree.</exception>
    public static void Check(ModelLoadContext ctx)
    {
        byte[] stored = [], computed = [];
        if (ctx.TryLoadBinaryStream(ChecksumFile, reader => stored = reader.ReadBytes(SHA256.HashSizeInBytes))
            && !(ctx.TryLoadBinaryStream(SchemaFile, reader => computed = SHA256.HashData(reader.BaseStream))
                && computed.AsSpan().SequenceEqual(stored)))
        {
            throw new InvalidDataException(
                "The columns of training in the model file are damaged and it cannot be loaded: their checksum does not agree with their "
                + "contents. "
                + "Use an undamaged copy of the file, or save the model again.");
        }
    }
}
