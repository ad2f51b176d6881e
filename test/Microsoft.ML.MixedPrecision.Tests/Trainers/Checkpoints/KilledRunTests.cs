using Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>
/// Trainings that are killed by signal 9 and started again end with the model and the history, bit for bit, of those that were never
/// stopped. Eight kills or fewer, some inside the writing of a checkpoint; the benchmark command <c>kills</c> does a hundred.
/// </summary>
[TestClass]
public sealed class KilledRunTests
{
    private const int MostRuns = 8;

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

        // Where a run has ended before its kill came, another one is killed elsewhere.
        int resumed = 0;
        for (int attempt = 0; attempt < MostRuns && resumed == 0; attempt++)
        {
            string place = Directory.CreateDirectory(Path.Combine(parent, $"run-{attempt}")).FullName;
            KillCount count = run.RunKilled(place, new Random(name.Length + attempt), kills: 2, inside: 1);

            Assert.IsTrue(count.IsEqual, $"after {count.Kills} kills, {count.Inside} of them inside a write");
            resumed += count.Kills > 0 ? count.Resumed : 0;
        }

        Assert.IsGreaterThan(0, resumed);
    }
}
