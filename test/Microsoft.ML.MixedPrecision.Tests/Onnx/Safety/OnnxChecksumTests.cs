using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>The checksum in exported files: what it is of, and that it finds each damage to what a file computes.</summary>
[TestClass]
public sealed class OnnxChecksumTests
{
    private const string Key = "mixedprecision.sha256";
    private static readonly MLContext Ml = new();

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    [DataRow(NumericFormat.BFloat16)]
    public void Export_OfANetwork_WritesTheHashOfWhatItComputes(NumericFormat format)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(ExportedModels.Network(format));

        var covered = new ModelProto { IrVersion = model.IrVersion, OpsetImport = { model.OpsetImport }, Graph = model.Graph };
        Assert.AreEqual(
            Convert.ToHexString(SHA256.HashData(covered.ToByteArray())),
            model.MetadataProps.Single(entry => entry.Key == Key).Value,
            ignoreCase: true);
    }

    /// <summary>A file whose entry is gone is taken as before: of it, a damaged copy in three or so is accepted, which shows that the
    /// damage can be missed.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    public void CheckOnnx_OfOneWrongBit_RefusesWhatComputesOtherwise(NumericFormat format)
    {
        byte[] file = ExportedModels.Network(format), unguarded = Without(file);
        var random = new Random(1);

        int missed = 0;
        for (int i = 0; i < 300; i++)
        {
            AssertSameIfAccepted(file, Damaged(file, random));
            missed += Accepted(Damaged(unguarded, random)) ? 1 : 0;
        }

        Assert.IsGreaterThan(30, missed);
    }

    [TestMethod]
    public void ApplyOnnxModel_OfOneWrongBitOfAWeight_NamesTheChecksumAndWhatToDo()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(ExportedModels.Network(NumericFormat.Float32));
        TensorProto weight = model.Graph.Initializer.First(tensor => tensor.Name.EndsWith(".weight", StringComparison.Ordinal));
        byte[] data = weight.RawData.ToByteArray();
        data[0] ^= 1;
        weight.RawData = ByteString.CopyFrom(data);

        var refusal = Assert.ThrowsExactly<OnnxModelRefusedException>(
            () => Ml.MixedPrecision().Transforms.ApplyOnnxModel(model.ToByteArray()));

        StringAssert.Contains(refusal.Message, $"the checksum in its metadata, '{Key}'", StringComparison.Ordinal);
        StringAssert.Contains(refusal.Message, "remove that entry", StringComparison.Ordinal);
    }

    [TestMethod]
    public void CheckOnnx_OfOtherMetadata_DoesNotAskForTheChecksum()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(ExportedModels.Network(NumericFormat.Float16));
        model.MetadataProps.Add(new StringStringEntryProto { Key = "owner", Value = "somebody" });
        model.DocString = "Ours.";

        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(model.ToByteArray()));
    }

    [TestMethod]
    public void CheckOnnx_OfTwoChecksums_RefusesIfOneIsWrong()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(ExportedModels.Network(NumericFormat.Float32));
        model.MetadataProps.Add(new StringStringEntryProto { Key = Key, Value = new string('0', 64) });

        Assert.ThrowsExactly<OnnxModelRefusedException>(() => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(model.ToByteArray())));
    }

    /// <summary>A file without its checksum.</summary>
    public static byte[] Without(byte[] file)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(file);
        model.MetadataProps.Remove(model.MetadataProps.Single(entry => entry.Key == Key));
        return model.ToByteArray();
    }

    private static byte[] Damaged(byte[] file, Random random)
    {
        byte[] damaged = [.. file];
        damaged[random.Next(file.Length)] ^= (byte)(1 << random.Next(8));
        return damaged;
    }

    private static bool Accepted(byte[] file)
    {
        try
        {
            Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file));
            return true;
        }
        catch (OnnxModelRefusedException)
        {
            return false;
        }
    }

    private static void AssertSameIfAccepted(byte[] file, byte[] damaged)
    {
        if (!Accepted(damaged))
        {
            return;
        }

        ModelProto before = ModelProto.Parser.ParseFrom(file), after = ModelProto.Parser.ParseFrom(damaged);
        Assert.AreEqual(before.Graph, after.Graph);
        Assert.AreEqual(before.IrVersion, after.IrVersion);
        Assert.AreEqual(before.OpsetImport, after.OpsetImport);
    }
}
