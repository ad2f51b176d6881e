using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
public sealed unsafe class WorkerPoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [TestMethod]
    public void TryRun_AfterAnIdleWhile_StartsThreadsAgain()
    {
        using var pool = new WorkerPool(2, idle: TimeSpan.FromMilliseconds(20));
        Assert.AreEqual(0, pool.Running, "no thread before the first job");

        Assert.AreEqual(100, Run(pool, 100));
        WaitUntilAllHaveEnded(pool);
        Assert.AreEqual(100, Run(pool, 100));
        Assert.AreEqual(2, StartedBy(pool), "the second job has started both again");
    }

    [TestMethod]
    public void TryRun_ManyJobsWhileThreadsEnd_RunsEveryPartOnce()
    {
        // With no patience at all threads end after each job, and the next one meets them in every state.
        using var pool = new WorkerPool(2, idle: TimeSpan.Zero);
        for (int job = 0; job < 2000; job++)
        {
            Assert.AreEqual(7, Run(pool, 7));
        }
    }

    [TestMethod]
    public void Dispose_WhileThreadsSleep_EndsThem()
    {
        var pool = new WorkerPool(2, idle: Timeout.InfiniteTimeSpan);
        Assert.AreEqual(100, Run(pool, 100));
        pool.Dispose();

        Assert.AreEqual(0, pool.Running);
    }

    /// <summary>Runs a job whose parts count themselves.</summary>
    private static int Run(WorkerPool pool, int parts)
    {
        int count = 0;
        Assert.IsTrue(pool.TryRun(&count, &Count, parts));
        return count;
    }

    private static void Count(void* job, int part) => Interlocked.Increment(ref *(int*)job);

    private static int StartedBy(WorkerPool pool)
    {
        int most = 0;
        var watch = Stopwatch.StartNew();
        while (most < 2 && watch.Elapsed < Patience)
        {
            Run(pool, 10);
            most = Math.Max(most, pool.Running);
        }

        return most;
    }

    private static void WaitUntilAllHaveEnded(WorkerPool pool)
    {
        var watch = Stopwatch.StartNew();
        while (pool.Running > 0 && watch.Elapsed < Patience)
        {
            Thread.Sleep(5);
        }

        Assert.AreEqual(0, pool.Running, "idle threads end");
    }
}
