using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>
/// A training in a process of its own (test/CheckpointApp) that is killed by signal 9 at seeded moments and started again until it ends,
/// and the same training,
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
            int checkpoint = aimsInside ? random.Next(2, 5) : random.Next(0, 6);
            TimeSpan delay = checkpoint == 0
                ? Uninterrupted * (0.2 * random.NextDouble())
                : TimeSpan.FromMilliseconds((aimsInside ? 8 : 25) * random.NextDouble());
            bool isKilled = KillAt(child, checkpoints, checkpoint, delay);
            bool wasInside = isKilled && Unfinished(checkpoints).Any();
            count = new KillCount(
                count.Kills + (isKilled ? 1 : 0),
                count.Inside + (wasInside ? 1 : 0),
                count.Resumed + (child.HasResumed ? 1 : 0),
                IsEqual: false);
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

    /// <summary>Kills some time after a checkpoint began to be written, as the file that it is written to tells.</summary>
    /// <param name="child">The process.</param>
    /// <param name="checkpoints">Its folder.</param>
    /// <param name="count">Which checkpoint of this start; 0 for some time after <c>Fit</c> was called.</param>
    /// <param name="delay">How long after. Some milliseconds are inside the write.</param>
    private static bool KillAt(CheckpointProcess child, string checkpoints, int count, TimeSpan delay)
    {
        var seen = new HashSet<string>(Unfinished(checkpoints));
        int last = seen.Count + count;
        long begun = Stopwatch.GetTimestamp();
        while (seen.Count < last && !child.HasExited && Stopwatch.GetElapsedTime(begun) < CheckpointProcess.Longest)
        {
            seen.UnionWith(Unfinished(checkpoints));
            Thread.Yield();
        }

        long appeared = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(appeared) < delay)
        {
            Thread.SpinWait(20);
        }

        return child.Kill();
    }

    /// <summary>Files of checkpoints that are being written, or were when their writer was killed.</summary>
    private static IEnumerable<string> Unfinished(string checkpoints)
        => Directory.Exists(checkpoints) ? Directory.EnumerateFiles(checkpoints, "*.safetensors.*.tmp", SearchOption.AllDirectories) : [];
}
