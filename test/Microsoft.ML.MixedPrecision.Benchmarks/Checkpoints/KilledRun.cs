using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>
/// A training in a process of its own (test/CheckpointApp) that is killed by signal 9 at seeded moments and started again until it ends, and the same training,
/// without checkpoints, that is never stopped.
/// </summary>
/// <param name="name">Its case.</param>
/// <param name="device">Where it trains.</param>
internal sealed class KilledRun(string name, string device = "cpu")
{
    private const string ModelSeed = "1";

    /// <summary>Time from <c>Fit</c> to its end of the run that was not stopped.</summary>
    public TimeSpan Uninterrupted { get; private set; }

    /// <summary>What came of it.</summary>
    public string Expected { get; private set; } = "";

    /// <summary>Runs it without a stop.</summary>
    /// <param name="folder">Where its result goes.</param>
    public void RunThrough(string folder)
    {
        string result = Path.Combine(folder, "expected.txt");
        using CheckpointProcess child = Start("-", result);
        child.WaitForBegin();
        long begun = Stopwatch.GetTimestamp();
        child.WaitForEnd();
        (Uninterrupted, Expected) = (Stopwatch.GetElapsedTime(begun), File.ReadAllText(result));
    }

    /// <summary>Runs it and kills it, again and again, and lets it end.</summary>
    /// <param name="folder">A folder without checkpoints.</param>
    /// <param name="random">Says when.</param>
    /// <param name="kills">Kills at most: a run may end before.</param>
    /// <param name="inside">How many of them are to be inside the writing of a checkpoint.</param>
    public KillCount RunKilled(string folder, Random random, int kills, int inside)
    {
        string checkpoints = Path.Combine(folder, "checkpoints"), result = Path.Combine(folder, "result.txt");
        var count = new KillCount();
        while (count.Kills < kills && !File.Exists(result))
        {
            bool aimsInside = count.Inside < inside && kills - count.Kills <= Math.Max(inside - count.Inside, random.Next(kills) + 1);
            using CheckpointProcess child = Start(checkpoints, result);
            child.WaitForBegin();
            bool isKilled = aimsInside ? KillInside(child, checkpoints, random) : KillAfter(child, Uninterrupted * (0.8 * random.NextDouble() / kills));
            bool wasInside = isKilled && Unfinished(checkpoints).Any();
            count = new KillCount(count.Kills + (isKilled ? 1 : 0), count.Inside + (wasInside ? 1 : 0), count.Resumed + (child.HasResumed ? 1 : 0), IsEqual: false);
        }

        if (!File.Exists(result))
        {
            using CheckpointProcess last = Start(checkpoints, result);
            last.WaitForEnd();
            count = count with { Resumed = count.Resumed + (last.HasResumed ? 1 : 0) };
        }

        return count with { IsEqual = File.ReadAllText(result) == Expected };
    }

    private CheckpointProcess Start(string checkpoints, string result) => new([name, ModelSeed, checkpoints, result, device]);

    private static bool KillAfter(CheckpointProcess child, TimeSpan delay)
    {
        Thread.Sleep(delay);
        return child.Kill();
    }

    /// <summary>Kills as soon as the file that a checkpoint is written to is there, one checkpoint or more later, and at most some milliseconds after it appeared.</summary>
    private static bool KillInside(CheckpointProcess child, string checkpoints, Random random)
    {
        var seen = new HashSet<string>(Unfinished(checkpoints));
        int last = seen.Count + random.Next(2, 5);
        TimeSpan within = TimeSpan.FromMilliseconds(8 * random.NextDouble());
        long begun = Stopwatch.GetTimestamp();
        while (seen.Count < last && !child.HasExited && Stopwatch.GetElapsedTime(begun) < CheckpointProcess.Longest)
        {
            seen.UnionWith(Unfinished(checkpoints));
            Thread.Yield();
        }

        long appeared = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(appeared) < within)
        {
            Thread.SpinWait(20);
        }

        return child.Kill();
    }

    /// <summary>Files of checkpoints that are being written, or were when their writer was killed.</summary>
    private static IEnumerable<string> Unfinished(string checkpoints)
        => Directory.Exists(checkpoints) ? Directory.EnumerateFiles(checkpoints, "*.safetensors.*.tmp", SearchOption.AllDirectories) : [];
}
