using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>Bytes that the threads of a device have allocated on the garbage-collected heap.</summary>
internal static class Allocations
{
    private const int Rounds = 3;

    /// <summary>
    /// Fails if repeating <paramref name="action"/>, once warm, allocates on the caller's or a worker's thread. What the runtime allocates
    /// once, as
    /// when it recompiles a method, may spoil a round; what the action allocates spoils every one.
    /// </summary>
    public static void AssertNone(CpuDevice device, Action action)
    {
        for (int i = 0; i < 50; i++)
        {
            action();
        }

        string? found = null;
        for (int round = 0; round < Rounds; round++)
        {
            found = Allocated(device, action);
            if (found is null)
            {
                return;
            }
        }

        Assert.Fail($"In each of {Rounds} rounds: {found}");
    }

    private static string? Allocated(CpuDevice device, Action action)
    {
        var before = new Dictionary<int, long>();
        var after = new Dictionary<int, long>();
        // The first measurement pays for its own code; only the second and third count.
        Measure(device, before);
        Measure(device, before);
        long ownBefore = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++)
        {
            action();
        }

        long own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        Measure(device, after);
        if (own != 0)
        {
            return $"the caller's thread allocated {own} bytes";
        }

        foreach (var (thread, bytes) in after)
        {
            if (thread != Environment.CurrentManagedThreadId && bytes != before.GetValueOrDefault(thread))
            {
                return $"worker thread {thread} allocated {bytes - before.GetValueOrDefault(thread)} bytes";
            }
        }

        return null;
    }

    private static void Measure(CpuDevice device, Dictionary<int, long> bytes)
    {
        var job = new Job(new int[1], new long[device.Threads], new int[device.Threads]);
        device.Run(ref job, device.Threads);
        for (int i = 0; i < device.Threads; i++)
        {
            bytes[job.Threads[i]] = job.Bytes[i];
        }
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
            {
                Thread.Yield();
            }
        }
    }
}
