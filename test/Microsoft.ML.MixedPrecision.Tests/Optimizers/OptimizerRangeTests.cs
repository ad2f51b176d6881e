using Microsoft.ML.MixedPrecision.Optimizers;

namespace Microsoft.ML.MixedPrecision.Tests.Optimizers;

/// <summary>How a card's blocks find their weights: chunks numbered through all ranges, ⌈elements ÷ chunk⌉ of each.</summary>
[TestClass]
public sealed class OptimizerRangeTests
{
    private const int Chunk = OptimizerRange.ChunkElements;

    [TestMethod]
    public void CountChunks_OfSeveralRanges_NumbersThemInTurn()
    {
        OptimizerRange[] ranges = [Range(0, 1), Range(8, Chunk), Range(8 + Chunk, Chunk + 1), Range(16 + (2 * Chunk), 2 * Chunk)];

        Assert.AreEqual(1 + 1 + 2 + 2, OptimizerRange.CountChunks(ranges));

        CollectionAssert.AreEqual(new long[] { 0, 1, 2, 4 }, Array.ConvertAll(ranges, range => (long)range.FirstChunk));
    }

    [TestMethod]
    [DataRow(4L, "starts at element 4; a multiple of 8 from 16 on")]
    [DataRow(20L, "starts at element 20; a multiple of 8 from 16 on")]
    [DataRow(8L, "starts at element 8; a multiple of 8 from 16 on")]
    public void CountChunks_OfARangeThatIsNotBehindTheLast_Refuses(long offset, string expected)
    {
        OptimizerRange[] ranges = [Range(0, 16), Range(offset, 8)];

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => OptimizerRange.CountChunks(ranges)).Message, expected);
    }

    [TestMethod]
    public void CountChunks_BeyondInt32_Throws()
    {
        OptimizerRange[] ranges = [Range(0, (1L + int.MaxValue) * Chunk)];

        Assert.ThrowsExactly<OverflowException>(() => OptimizerRange.CountChunks(ranges));
    }

    private static OptimizerRange Range(long offset, long elements) => new() { Offset = offset, Elements = elements };
}
