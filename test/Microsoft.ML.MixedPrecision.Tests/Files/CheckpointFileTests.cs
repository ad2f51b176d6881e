using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Files;

/// <summary>A checkpoint as a file: what is written, byte for byte, and that nothing cut, altered or hostile is read.</summary>
[TestClass]
public sealed class CheckpointFileTests
{
    private const string Metadata = "\"__metadata__\":{\"format\":\"Microsoft.ML.MixedPrecision checkpoint 1\"}";
    private const string Header =
        "{" + Metadata
        + ",\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}"
        + ",\"text/run\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[8,10]}}";

    private static readonly byte[] Values = [0, 0, 128, 63, 0, 0, 0, 192, .. "hi"u8];

    /// <summary>Files whose checksum agrees, but which nobody can have written.</summary>
    public static IEnumerable<object[]> Hostile =>
    [
        ["header longer than the file", Made(Header, Values, ulong.MaxValue), "does not fit"],
        ["header is no JSON", Made(Header[..^1], Values), "malformed"],
        ["another format", Made(Header.Replace("checkpoint 1", "checkpoint 2", StringComparison.Ordinal), Values), "checkpoint 2"],
        ["no format", Made(Header.Replace(Metadata, "\"__metadata__\":{}", StringComparison.Ordinal), Values), "'none'"],
        ["unknown type", Made(Header.Replace("F32", "F31", StringComparison.Ordinal), Values), "'F31'"],
        ["type of another size", Made(Header.Replace("F32", "F64", StringComparison.Ordinal), Values), "cannot take"],
        ["shape of another size", Made(Header.Replace("[1,2]", "[2,2]", StringComparison.Ordinal), Values), "cannot take"],
        ["negative lengths", Made(Header.Replace("[1,2]", "[-1,-2]", StringComparison.Ordinal), Values), "below 0"],
        [
            "shape beyond Int64",
            Made(Header.Replace("[1,2]", "[9000000000000000000,9]", StringComparison.Ordinal), Values),
            "larger than any file"],
        ["tensors overlap", Made(Header.Replace("[8,10]", "[7,9]", StringComparison.Ordinal), Values), "cannot take"],
        ["a gap", Made(Header.Replace("[8,10]", "[9,11]", StringComparison.Ordinal), [.. Values, 0]), "cannot take"],
        ["too many bytes", Made(Header, [.. Values, 0]), "there are 11"],
        [
            "far too large a tensor",
            Made(
                Header.Replace("[2],\"data_offsets\":[8,10]", "[4000000000],\"data_offsets\":[8,4000000008]", StringComparison.Ordinal),
                Values),
            "cannot take"],
        ["values are missing", Made(Header, Values[..^1]), "there are 9"],
    ];

    [TestMethod]
    public void Write_Contents_MakesSafetensorsAndTheirChecksum()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");

        CheckpointFile.Write(
            path,
            new CheckpointContents(
                new Dictionary<string, string> { ["run"] = "hi" },
                [new CheckpointTensor("a", "F32", [1, 2], Values[..8])]));

        CollectionAssert.AreEqual(Made(Header, Values), File.ReadAllBytes(path));
    }

    [TestMethod]
    public void Read_WhatWasWritten_GivesItBack()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");

        CheckpointFile.Write(path, SomeCheckpoint.Contents());

        Assert.AreEqual(SomeCheckpoint.Text(SomeCheckpoint.Contents()), SomeCheckpoint.Text(CheckpointFile.Read(path)));
    }

    [TestMethod]
    public void Read_TensorLargerThanWhatIsWrittenAtATime_GivesItBack()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = new byte[2_500_000];
        new Random(3).NextBytes(bytes);

        CheckpointFile.Write(
            folder.File("checkpoint"),
            new CheckpointContents(new Dictionary<string, string>(), [new CheckpointTensor("a", "U8", [2500, 1000], bytes)]));

        CollectionAssert.AreEqual(bytes, CheckpointFile.Read(folder.File("checkpoint")).Tensors.Single().Bytes);
    }

    [TestMethod]
    public void Read_CutAnywhere_Throws()
    {
        byte[] whole = Written();
        var random = new Random(1);
        Span<int> places = [
            0,
            1,
            31,
            32,
            33,
            39,
            40,
            41,
            whole.Length - 1,
            .. Enumerable.Range(0, 200).Select(_ => random.Next(whole.Length))];
        foreach (int length in places)
        {
            AssertDamaged(whole[..length], $"cut to {length} bytes", "");
        }
    }

    [TestMethod]
    public void Read_WithAnAlteredByte_Throws()
    {
        byte[] whole = Written();
        var random = new Random(2);
        for (int i = 0; i < 500; i++)
        {
            int place = i < 40 ? i : random.Next(whole.Length);
            byte[] altered = [.. whole];
            altered[place] ^= (byte)random.Next(1, 256);
            AssertDamaged(altered, $"byte {place} altered", "checksum");
        }
    }

    [TestMethod]
    public void Read_WithBytesBehind_Throws() => AssertDamaged([.. Written(), 0], "a byte behind", "checksum");

    [TestMethod]
    [DynamicData(nameof(Hostile))]
    public void Read_HostileFileWhoseChecksumAgrees_Throws(string what, byte[] file, string says) => AssertDamaged(file, what, says);

    [TestMethod]
    public void Write_TensorOfAnotherSizeThanItsShape_Throws()
    {
        using var folder = new TemporaryFolder();
        var contents = new CheckpointContents(new Dictionary<string, string>(), [new CheckpointTensor("a", "F32", [3], new byte[8])]);

        var error = Assert.ThrowsExactly<ArgumentException>(() => CheckpointFile.Write(folder.File("checkpoint"), contents));

        StringAssert.Contains(error.Message, "'a' of [3] F32 takes 12 bytes; there are 8");
    }

    [TestMethod]
    public void Write_TensorNamedAsAText_Throws()
    {
        using var folder = new TemporaryFolder();
        var contents = new CheckpointContents(new Dictionary<string, string>(), [new CheckpointTensor("text/a", "U8", [1], new byte[1])]);

        Assert.ThrowsExactly<ArgumentException>(() => CheckpointFile.Write(folder.File("checkpoint"), contents));
    }

    private static void AssertDamaged(byte[] file, string what, string says)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");
        File.WriteAllBytes(path, file);

        var error = Assert.ThrowsExactly<InvalidDataException>(() => CheckpointFile.Read(path), what);

        Assert.StartsWith($"The checkpoint '{path}' cannot be read: ", error.Message, what);
        Assert.Contains(says, error.Message, what);
    }

    private static byte[] Written()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("checkpoint");
        CheckpointFile.Write(path, SomeCheckpoint.Contents());
        return File.ReadAllBytes(path);
    }

    /// <summary>The format by its definition: length, header, spaces, values, SHA-256.</summary>
    private static byte[] Made(string header, byte[] values, ulong? headerLength = null)
    {
        byte[] json = Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, headerLength ?? (ulong)json.Length);
        byte[] contents = [.. length, .. json, .. values];
        return [.. contents, .. SHA256.HashData(contents)];
    }
}
