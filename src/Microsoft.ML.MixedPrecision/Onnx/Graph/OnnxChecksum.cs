using System.Security.Cryptography;
using Google.Protobuf;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// The checksum of what a file computes, kept in its metadata: SHA-256 over the protobuf message of <c>ir_version</c>, the versions of
/// operators and the graph, weights,
/// attributes and names included, written as this library writes it. Not covered are the types that it states of values inside, other
/// metadata and what is said about the
/// file; it is no signature.
/// </summary>
internal static class OnnxChecksum
{
    /// <summary>Key of the checksum: 64 hexadecimal digits, lower case.</summary>
    public const string Key = "mixedprecision.sha256";

    /// <summary>Puts the checksum into a model's metadata.</summary>
    /// <param name="model">The model, whose graph is finished.</param>
    public static void Put(ModelProto model) => model.MetadataProps.Add(new StringStringEntryProto { Key = Key, Value = Of(model) });

    /// <summary>Whether a model has no checksum, or the right one.</summary>
    /// <param name="model">The model.</param>
    public static bool Fits(ModelProto model)
    {
        string[] said = [.. model.MetadataProps.Where(entry => entry.Key == Key).Select(entry => entry.Value)];
        return said.Length == 0 || (Of(model) is var found && Array.TrueForAll(said, value => value == found));
    }

    private static string Of(ModelProto model)
    {
        var covered = new ModelProto { IrVersion = model.IrVersion, Graph = model.Graph };
        covered.OpsetImport.AddRange(model.OpsetImport);
        ValueInfoProto[] stated = [.. model.Graph.ValueInfo];
        model.Graph.ValueInfo.Clear();
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            covered.WriteTo(stream);
        }

        model.Graph.ValueInfo.AddRange(stated);
        return Convert.ToHexStringLower(hash.Hash!);
    }
}
