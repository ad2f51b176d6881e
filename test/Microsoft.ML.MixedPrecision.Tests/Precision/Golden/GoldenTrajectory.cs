using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Tests.Precision.Golden;

/// <summary>One recorded run of a peer's loss scaler. trajectories.py says how runs of equal or rising values are written.</summary>
public sealed record GoldenTrajectory(string Name, string Flags, string Scales, string Counters, float Initial, int Interval)
{
    public int? Hysteresis { get; init; }

    public float? Minimum { get; init; }

    public float? Maximum { get; init; }

    public float? Growth { get; init; }

    public float? Backoff { get; init; }

    /// <summary>The step whose overflow ended the run with an error.</summary>
    public int? FailsAt { get; init; }

    public override string ToString() => Name;

    public static IReadOnlyList<GoldenTrajectory> Load(string peer)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Precision", "Golden", peer + ".json");
        JsonElement cases = JsonDocument.Parse(File.ReadAllText(path)).RootElement.GetProperty("cases");
        return cases.Deserialize<IReadOnlyList<GoldenTrajectory>>(JsonSerializerOptions.Web)!;
    }

    /// <summary>After each step, whether it overflowed.</summary>
    public bool[] ExpandFlags() => [.. Flags.Split(' ').SelectMany(run => Enumerable.Repeat(run[0] == 'o', Number(run[1..])))];

    /// <summary>The scale after each step.</summary>
    public float[] ExpandScales()
        => [.. from run in Scales.Split(' ')
               let parts = run.Split('*')
               let scale = BitConverter.UInt32BitsToSingle(Convert.ToUInt32(parts[0], 16))
               from repeated in Enumerable.Repeat(scale, Number(parts[1]))
               select repeated];

    /// <summary>The peer's counter after each step.</summary>
    public int[] ExpandCounters() => [.. Counters.Split(' ').SelectMany(CounterRun)];

    private static IEnumerable<int> CounterRun(string run)
    {
        if (run.Split("..") is [var first, var last])
        {
            return Enumerable.Range(Number(first), Number(last) - Number(first) + 1);
        }

        return run.Split('*') is [var value, var count]
            ? Enumerable.Repeat(Number(value), Number(count))
            : [Number(run)];
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
