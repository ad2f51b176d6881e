using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

[TestClass]
public sealed class StepMemoryTests
{
    [TestMethod]
    public void Append_BeyondTheCapacity_KeepsTheNewest()
    {
        using var device = new CpuDevice(1);
        using var memory = new StepMemory(device, LossScaleRule.Static(8), capacity: 3);
        Append(memory, 1, 5);

        Assert.AreEqual(3, memory.Waiting);
        CollectionAssert.AreEqual(new long[] { 3, 4, 5 }, Drain(memory));
        Assert.AreEqual(0, memory.Waiting);
        Append(memory, 6, 7);
        CollectionAssert.AreEqual(new long[] { 6, 7 }, Drain(memory));
    }

    [TestMethod]
    public void Constructor_OfRule_StartsWithItsScale()
    {
        using var device = new CpuDevice(1);
        using var memory = new StepMemory(device, LossScaleRule.Static(8), capacity: 1);

        Assert.AreEqual(8f, memory.Phase.Scale.Scale);
        Assert.AreEqual(0, memory.Run.Attempts);
        Assert.IsFalse(memory.TryTake(out _));
    }

    private static void Append(StepMemory memory, int first, int last)
    {
        for (int attempt = first; attempt <= last; attempt++)
        {
            memory.Run.Attempts++;
            memory.Append(new StepRecord { Attempt = attempt });
        }
    }

    private static long[] Drain(StepMemory memory)
    {
        var attempts = new List<long>();
        while (memory.TryTake(out StepRecord record))
        {
            attempts.Add(record.Attempt);
        }

        return [.. attempts];
    }
}
