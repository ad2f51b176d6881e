using Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>
/// Trainings that are killed by signal 9 and started again end with the model and the history, bit for bit, of those that were never
/// stopped. Eight kills, some inside the
/// writing of a checkpoint; the benchmark command <c>kills</c> does a hundred.
/// </summary>
[TestClass]
public sealed class KilledRunTests
{
    [TestMethod]
    [DataRow("float32")]
    [DataRow("float16-skips")]
    [DataRow("early-stopping")]
    [DataRow("accumulation")]
    public void Run_KilledTwiceAndStartedAgain_IsTheRunThatWasNotStopped(string name)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows has no signal 9.");
        }

        using var folder = new TemporaryFolder();
        string parent = Path.GetDirectoryName(folder.File("result"))!;
        var run = new KilledRun(name);
        run.RunThrough(parent);

        KillCount count = run.RunKilled(parent, new Random(name.Length), kills: 2, inside: 1);

        Assert.IsTrue(count.IsEqual, $"after {count.Kills} kills, {count.Inside} of them inside a write");
        Assert.IsGreaterThan(0, count.Kills);
        Assert.IsGreaterThan(0, count.Resumed);
    }
}
