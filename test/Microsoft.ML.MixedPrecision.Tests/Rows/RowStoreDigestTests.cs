using System.Security.Cryptography;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>The digest of rows is that of their bytes, and tells every change of them.</summary>
[TestClass]
public sealed class RowStoreDigestTests
{
    private static readonly float[][] Features = [[1, -2, 0.5f], [0, 3, 65504], [7, 8, 9]];

    [TestMethod]
    public void Digest_OfWeightedRows_IsTheHashOfTheirBytes()
    {
        var bytes = new List<byte>();
        for (int row = 0; row < Features.Length; row++)
        {
            bytes.AddRange(Features[row].SelectMany(BitConverter.GetBytes));
            bytes.AddRange(BitConverter.GetBytes(row % 2));
            bytes.AddRange(BitConverter.GetBytes(row + 0.5f));
        }

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData([.. bytes])), Digest(NumericFormat.Float32, hasWeights: true));
    }

    [TestMethod]
    public void Digest_OfFloat16Rows_IsTheHashOfTheirBytes()
    {
        byte[] bytes = [
            .. Features.SelectMany(
                (features, row) => (byte[])[
                    .. features.SelectMany(value => BitConverter.GetBytes((Half)value)),
                    .. BitConverter.GetBytes(row % 2)])];

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(bytes)), Digest(NumericFormat.Float16, hasWeights: false));
    }

    [TestMethod]
    public void Digest_OfManyChunks_IsTheHashOfTheirBytes()
    {
        const int Columns = 3000, Rows = 500;
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, Columns, hasWeights: false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int row = 0; row < Rows; row++)
        {
            float[] features = [.. Enumerable.Range(0, Columns).Select(column => (float)(row * column))];
            store.Append(features, row, 1);
            hash.AppendData([.. features.SelectMany(BitConverter.GetBytes), .. BitConverter.GetBytes(row)]);
        }

        Assert.IsGreaterThan(1, store.Chunks.Count);
        Assert.AreEqual(Convert.ToHexStringLower(hash.GetHashAndReset()), store.Digest());
    }

    [TestMethod]
    public void Digest_OfAnotherOrder_IsAnother()
    {
        string[] digests = [
            Digest(NumericFormat.Float32, false),
            Digest(NumericFormat.Float32, false, [2, 1, 0]),
            Digest(NumericFormat.Float32, false, [0, 1])];

        Assert.HasCount(3, digests.Distinct());
    }

    private static string Digest(NumericFormat format, bool hasWeights, int[]? order = null)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, format, 3, hasWeights);
        foreach (int row in order ?? [0, 1, 2])
        {
            store.Append(Features[row], row % 2, row + 0.5f);
        }

        return store.Digest();
    }
}
