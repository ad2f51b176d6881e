using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
public sealed class PhiloxTests
{
    /// <summary>Known answers of philox4x32-10 published with Random123 (kat_vectors): zeros, ones, digits of π.</summary>
    [TestMethod]
    [DataRow(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [DataRow(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu,
        0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [DataRow(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u,
        0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Draw_PublishedCounterAndKey_GivesPublishedWords(
        uint c0,
        uint c1,
        uint c2,
        uint c3,
        uint k0,
        uint k1,
        uint x0,
        uint x1,
        uint x2,
        uint x3)
        => Assert.AreEqual((x0, x1, x2, x3), Philox.Draw((c0, c1, c2, c3), (k0, k1)));

    [TestMethod]
    public void NextUInt32_AcrossBlocks_WalksTheCounter()
    {
        var stream = new RandomStream(5, RandomPurpose.Shuffle, 3);
        var expected = new List<uint>();
        for (uint block = 0; block < 3; block++)
        {
            (uint a, uint b, uint c, uint d) = Philox.Draw((block, 0, 3, 0), (5, (uint)RandomPurpose.Shuffle));
            expected.AddRange([a, b, c, d]);
        }

        foreach (uint word in expected)
        {
            Assert.AreEqual(word, stream.NextUInt32());
        }
    }

    [TestMethod]
    public void NextNormal_ManyDraws_HasMeanZeroAndDeviationOne()
    {
        var stream = new RandomStream(1, RandomPurpose.Initialization, 0);
        double[] draws = [.. Enumerable.Range(0, 100_000).Select(_ => stream.NextNormal())];
        double mean = draws.Average();
        double variance = draws.Average(x => x * x) - (mean * mean);

        // Standard errors are 1/√n = 0.0032 and √(2/n) = 0.0045: five of them.
        Assert.AreEqual(0, mean, 0.016);
        Assert.AreEqual(1, variance, 0.023);
    }

    [TestMethod]
    public void NextInt32_SmallCount_HitsEveryNumberEvenly()
    {
        var stream = new RandomStream(1, RandomPurpose.Shuffle, 0);
        int[] hits = new int[7];
        for (int i = 0; i < 70_000; i++)
        {
            hits[stream.NextInt32(7)]++;
        }

        // Binomial deviation √(70000 · 1/7 · 6/7) = 93: five of them.
        foreach (int count in hits)
        {
            Assert.AreEqual(10_000, count, 465);
        }
    }
}
