using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

[TestClass]
public sealed class MemoryLayoutTests
{
    [TestMethod]
    public void Place_DisjointLifetimes_ShareBytes()
    {
        long[] offsets = MemoryLayout.Place([new(1000, 0, 1), new(900, 2, 3)], out long total);

        CollectionAssert.AreEqual(new long[] { 0, 0 }, offsets);
        Assert.AreEqual(1024, total);
    }

    [TestMethod]
    public void Place_TouchingLifetimes_LieApart()
    {
        // Both are in use at moment 1: one is read while the other is written.
        long[] offsets = MemoryLayout.Place([new(1000, 0, 1), new(900, 1, 3)], out long total);

        CollectionAssert.AreEqual(new long[] { 0, 1024 }, offsets);
        Assert.AreEqual(2048, total);
    }

    [TestMethod]
    public void Place_HoleBetweenTwo_IsFilled()
    {
        long[] offsets = MemoryLayout.Place([new(2048, 0, 9), new(1024, 0, 3), new(1024, 4, 9), new(512, 4, 5)], out long total);

        Assert.AreEqual(offsets[1], offsets[2]);
        Assert.AreEqual(2048 + 1024 + 512, total);
    }

    [TestMethod]
    public void Place_RandomRequests_NeverOverlapInTimeAndSpace()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            BufferRequest[] requests = [.. Enumerable.Range(0, 20).Select(_ => Request(random))];
            long[] offsets = MemoryLayout.Place(requests, out long total);
            for (int i = 0; i < requests.Length; i++)
            {
                Assert.AreEqual(0, offsets[i] % MemoryLayout.Alignment);
                Assert.IsLessThanOrEqualTo(total, offsets[i] + requests[i].Bytes);
                for (int j = 0; j < i; j++)
                {
                    bool inTime = requests[i].FirstUse <= requests[j].LastUse && requests[j].FirstUse <= requests[i].LastUse;
                    bool inSpace = offsets[i] < offsets[j] + requests[j].Bytes && offsets[j] < offsets[i] + requests[i].Bytes;
                    Assert.IsFalse(inTime && inSpace, $"round {round}: {i} and {j}");
                }
            }
        }
    }

    private static BufferRequest Request(Random random)
    {
        int first = random.Next(20);
        return new BufferRequest(random.Next(1, 5000), first, first + random.Next(10));
    }
}
