using System.IO.Compression;
using Microsoft.ML.MixedPrecision.Benchmarks.Parity;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks;

/// <summary>The benchmarks' reader of IDX files: what it reads, and what it says of files that are damaged.</summary>
[TestClass]
public sealed class IdxFileTests
{
    private static readonly byte[] TwoByThree = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255];

    [TestMethod]
    public void Read_WholeFile_GivesShapeAndValues()
    {
        IdxFile file = Read(Compressed(TwoByThree));

        CollectionAssert.AreEqual(new[] { 2, 3 }, file.Shape.ToArray());
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3, 4, 5, 255 }, file.Values);
    }

    [TestMethod]
    [DataRow(3, "3 of the 12 bytes of its header")]
    [DataRow(12, "0 of the 6 bytes of its 2 × 3 values")]
    [DataRow(17, "5 of the 6 bytes of its 2 × 3 values")]
    public void Read_FileThatEndsEarly_SaysWhere(int length, string message) => AssertRefused(Compressed(TwoByThree[..length]), message);

    [TestMethod]
    public void Read_BytesBehindTheValues_Refuses() => AssertRefused(Compressed([.. TwoByThree, 0]), "more bytes behind its 2 × 3 values");

    [TestMethod]
    [DataRow(0, (byte)1, "01000802 instead of 00000802")]
    [DataRow(1, (byte)1, "00010802 instead of 00000802")]
    [DataRow(2, (byte)13, "00000D02 instead of 00000802")]
    [DataRow(3, (byte)3, "00000803 instead of 00000802")]
    [DataRow(7, (byte)0, "0 × 3")]
    [DataRow(4, (byte)128, "-2147483646 × 3")]
    [DataRow(4, (byte)127, "2130706434 × 3")]
    public void Read_OtherHeader_SaysWhatItIs(int position, byte value, string message)
    {
        byte[] altered = [.. TwoByThree];
        altered[position] = value;

        AssertRefused(Compressed(altered), message);
    }

    [TestMethod]
    public void Read_FileThatIsNotCompressed_Refuses() => AssertRefused(TwoByThree, "is no gzip file");

    [TestMethod]
    public void Read_CompressedFileCutOff_Refuses() => AssertRefused(Compressed(TwoByThree)[..^12], "Get the file again");

    private static void AssertRefused(byte[] file, string message)
        => StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(file)).Message, message, StringComparison.Ordinal);

    private static IdxFile Read(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("data.gz");
        File.WriteAllBytes(path, bytes);
        return IdxFile.Read(path, dimensions: 2);
    }

    private static byte[] Compressed(byte[] bytes)
    {
        using var to = new MemoryStream();
        using (var stream = new GZipStream(to, CompressionLevel.Optimal))
        {
            stream.Write(bytes);
        }

        return to.ToArray();
    }
}
