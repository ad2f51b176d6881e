using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Tests.Training;

[TestClass]
public sealed class StepRingTests
{
    [TestMethod]
    public void Append_BeyondTheCapacity_KeepsTheNewest()
    {
        var ring = new StepRing(3);
        for (int i = 1; i <= 5; i++)
        {
            Assert.AreEqual(i > 3, ring.IsFull);
            ring.Append(new StepRecord { Attempt = i });
        }

        Assert.AreEqual(3, ring.Count);
        foreach (long expected in new long[] { 3, 4, 5 })
        {
            Assert.IsTrue(ring.TryTake(out StepRecord record));
            Assert.AreEqual(expected, record.Attempt);
        }

        Assert.IsFalse(ring.TryTake(out _));
    }
}
