using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>Something whose rate is compared with <see cref="FmaPeak"/>.</summary>
/// <param name="name">Name of the work.</param>
/// <param name="policy">Formats.</param>
/// <param name="operations">Floating-point operations of its matrix products, which alone are counted.</param>
internal abstract class CpuWork(string name, PrecisionPolicy policy, double operations) : IDisposable
{
    private const double GroupSeconds = 0.02;
    private const double WarmUpSeconds = 0.5;
    private int _group = 1;

    /// <summary>A line that says what it is.</summary>
    public JsonObject Identity => new()
    {
        ["kind"] = "measurement",
        ["system"] = "mixedprecision",
        ["work"] = name,
        ["mode"] = Runs.Mode(policy),
        ["policy"] = policy.ToString(),
        ["device"] = ComputeDevice.Cpu.ToString(),
    };

    /// <summary>Operations of its products.</summary>
    public double Operations => operations;

    /// <summary>The work as <c>peers/torch_cpu_baseline.py</c> reads it; null where the peer has no such arithmetic on a CPU.</summary>
    public JsonObject? PeerRequest => Runs.Mode(policy) is "fp32" or "bf16"
        ? new JsonObject([new("id", $"{name} {Runs.Mode(policy)}"), new("mode", Runs.Mode(policy)), .. PeerSizes()])
        : null;

    /// <summary>Runs long enough for just-in-time compilation to be done, and finds out how often fits into a measurement.</summary>
    public void WarmUp()
    {
        long started = Stopwatch.GetTimestamp();
        int runs = 0;
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < WarmUpSeconds)
        {
            Time(1);
            runs++;
        }

        _group = GroupOf(WarmUpSeconds / runs);
    }

    /// <summary>Seconds of one run, averaged over some milliseconds; one run before finds the caches as others left them and does not
    /// count.</summary>
    public double Measure()
    {
        Time(1);
        return Time(_group) / _group;
    }

    /// <summary>How often the work runs in a measurement.</summary>
    /// <param name="seconds">What one run takes.</param>
    public static int GroupOf(double seconds) => (int)Math.Max(1, Math.Ceiling(GroupSeconds / seconds));

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Sizes of the work, as the peer reads them.</summary>
    protected abstract IEnumerable<KeyValuePair<string, JsonNode?>> PeerSizes();

    /// <summary>Seconds of several runs.</summary>
    protected abstract double Time(int runs);
}
