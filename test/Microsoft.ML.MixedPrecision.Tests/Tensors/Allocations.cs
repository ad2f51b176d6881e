using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>Bytes that the threads of a device have allocated on the garbage-collected heap.</summary>
internal static class Allocations
{
    /// <summary>Fails if repeating <paramref name="action"/>, once warm, allocates on the caller's or a worker's thread.</summary>
    public static void AssertNone(CpuDevice device, Action action)
    {
        for (int i = 0; i < 50; i++)
            action();
        var before = new Dictionary<int, long>();
        var after = new Dictionary<int, long>();
        // The first measurement pays for its own code; only the second and third count.
        Measure(device, before);
        Measure(device, before);
        long ownBefore = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++)
            action();
        long own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        Measure(device, after);
        Assert.AreEqual(0, own, "The caller's thread allocated.");
        foreach (var (thread, bytes) in after)
        {
            if (thread != Environment.CurrentManagedThreadId)
                Assert.AreEqual(before[thread], bytes, $"Worker thread {thread} allocated.");
        }
    }

    private static void Measure(CpuDevice device, Dictionary<int, long> bytes)
    {
        var job = new Job(new int[1], new long[device.Threads], new int[device.Threads]);
        device.Run(ref job, device.Threads);
        for (int i = 0; i < device.Threads; i++)
            bytes[job.Threads[i]] = job.Bytes[i];
    }

    /// <summary>Every part waits for all to have begun, so that each thread runs exactly one.</summary>
    private readonly struct Job(int[] started, long[] bytes, int[] threads) : IParallelJob
    {
        public long[] Bytes => bytes;

        public int[] Threads => threads;

        public void Run(int part)
        {
            bytes[part] = GC.GetAllocatedBytesForCurrentThread();
            threads[part] = Environment.CurrentManagedThreadId;
            Interlocked.Increment(ref started[0]);
            while (Volatile.Read(ref started[0]) < threads.Length)
                Thread.Yield();
        }
    }
}
