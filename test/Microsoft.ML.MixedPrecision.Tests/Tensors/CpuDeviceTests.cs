using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
internal sealed class CpuDeviceTests
{
    public static IEnumerable<object[]> ThreadsAndParts
        => from threads in new[] { 1, 2, 3, 8 } from parts in new[] { 0, 1, 2, 7, 100 } select new object[] { threads, parts };

    [TestMethod]
    [DynamicData(nameof(ThreadsAndParts))]
    public void Run_ManyTimes_RunsEachPartOnce(int threads, int parts)
    {
        using var device = new CpuDevice(threads);
        var counts = new int[parts];
        var job = new CountJob(counts);

        for (int i = 0; i < 500; i++)
        {
            device.Run(ref job, parts);
        }

        foreach (int count in counts)
        {
            Assert.AreEqual(500, count);
        }
    }

    [TestMethod]
    public void Run_FewThenManyParts_RunsEachPartOnce()
    {
        // A worker that still looks at the short job must not take a part of the long one before it is all described.
        using var device = new CpuDevice(3);
        var counts = new int[40];
        var job = new CountJob(counts);
        for (int i = 0; i < 100_000; i++)
        {
            device.Run(ref job, 2);
            device.Run(ref job, counts.Length);
        }

        for (int part = 0; part < counts.Length; part++)
        {
            Assert.AreEqual(part < 2 ? 200_000 : 100_000, counts[part]);
        }
    }

    [TestMethod]
    public void Run_AfterPausesLongEnoughToSleep_RunsEachPartOnce()
    {
        using var device = new CpuDevice(3);
        var counts = new int[9];
        var job = new CountJob(counts);

        for (int i = 0; i < 30; i++)
        {
            device.Run(ref job, counts.Length);
            Thread.Sleep(i % 3);
        }

        foreach (int count in counts)
        {
            Assert.AreEqual(30, count);
        }
    }

    [TestMethod]
    public void Run_FromSeveralThreadsAtOnce_RunsEachPartOfEachOnce()
    {
        using var device = new CpuDevice(3);
        var all = Enumerable.Range(0, 4).Select(_ => new int[20]).ToArray();
        var callers = all.Select(counts => new Thread(() =>
        {
            var job = new CountJob(counts);
            for (int i = 0; i < 1000; i++)
            {
                device.Run(ref job, counts.Length);
            }
        })).ToList();

        callers.ForEach(caller => caller.Start());
        callers.ForEach(caller => caller.Join());

        foreach (int count in all.SelectMany(counts => counts))
        {
            Assert.AreEqual(1000, count);
        }
    }

    [TestMethod]
    public void Run_WithinPart_RunsEachPartOnce()
    {
        using var device = new CpuDevice(3);
        var counts = new int[5];
        var job = new NestedJob(device, counts);

        device.Run(ref job, 4);

        foreach (int count in counts)
        {
            Assert.AreEqual(4, count);
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Run_PartThrows_CallerGetsItAndDeviceStaysUsable(int threads)
    {
        using var device = new CpuDevice(threads);
        for (int failing = 0; failing < 8; failing++)
        {
            var bad = new ThrowJob(failing);
            var e = Assert.ThrowsExactly<InvalidOperationException>(() => device.Run(ref bad, 8));
            Assert.AreEqual($"part {failing}", e.Message);
        }

        var counts = new int[8];
        var good = new CountJob(counts);
        device.Run(ref good, counts.Length);

        foreach (int count in counts)
        {
            Assert.AreEqual(1, count);
        }
    }

    [TestMethod]
    public void Run_Parts_SpreadOverThreads()
    {
        using var device = new CpuDevice(3);
        var job = new MeetJob(new int[1], new Thread[3]);

        device.Run(ref job, 3);

        Assert.AreEqual(3, job.Threads.Distinct().Count());
        Assert.IsTrue(job.Threads.Contains(Thread.CurrentThread));
    }

    [TestMethod]
    public void Dispose_Device_EndsItsThreads()
    {
        var device = new CpuDevice(3);
        var job = new MeetJob(new int[1], new Thread[3]);
        device.Run(ref job, 3);

        device.Dispose();
        device.Dispose();

        foreach (var thread in job.Threads.Where(thread => thread != Thread.CurrentThread))
        {
            Assert.IsFalse(thread.IsAlive);
        }

        Assert.ThrowsExactly<ObjectDisposedException>(() => device.Run(ref job, 3));
        Assert.ThrowsExactly<ObjectDisposedException>(() => device.Allocate(1));
    }

    [TestMethod]
    public void Finalizer_ForgottenDevice_EndsItsThreads()
    {
        var threads = RunAndForget();
        for (int i = 0; i < 200 && threads.Any(thread => thread.IsAlive); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }

        Assert.IsFalse(threads.Any(thread => thread.IsAlive));
    }

    [TestMethod]
    public void Constructor_ZeroThreads_TakesAllProcessors()
    {
        using var device = new CpuDevice();

        Assert.AreEqual(Environment.ProcessorCount, device.Threads);
        Assert.AreEqual(SimdPaths.Best, device.Path);
        StringAssert.StartsWith(device.Description, $"CPU ({Environment.ProcessorCount} thread");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new CpuDevice(-1));
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        var job = new CountJob(new int[7]);

        Allocations.AssertNone(device, () => device.Run(ref job, 7));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static Thread[] RunAndForget()
    {
        var device = new CpuDevice(3);
        var job = new MeetJob(new int[1], new Thread[3]);
        device.Run(ref job, 3);
        return job.Threads.Where(thread => thread != Thread.CurrentThread).ToArray();
    }

    private readonly struct CountJob(int[] counts) : IParallelJob
    {
        public void Run(int part) => Interlocked.Increment(ref counts[part]);
    }

    private readonly struct NestedJob(CpuDevice device, int[] counts) : IParallelJob
    {
        public void Run(int part)
        {
            var inner = new CountJob(counts);
            device.Run(ref inner, counts.Length);
        }
    }

    private readonly struct ThrowJob(int failing) : IParallelJob
    {
        public void Run(int part)
        {
            if (part == failing)
            {
                throw new InvalidOperationException($"part {part}");
            }
        }
    }

    private readonly struct MeetJob(int[] started, Thread[] threads) : IParallelJob
    {
        public Thread[] Threads => threads;

        public void Run(int part)
        {
            threads[part] = Thread.CurrentThread;
            Interlocked.Increment(ref started[0]);
            while (Volatile.Read(ref started[0]) < threads.Length)
            {
                Thread.Yield();
            }
        }
    }
}
