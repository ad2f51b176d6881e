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

        _group = (int)Math.Max(1, Math.Ceiling(runs * GroupSeconds / WarmUpSeconds));
    }

    /// <summary>Seconds of one run, averaged over some milliseconds.</summary>
    public double Measure() => Time(_group) / _group;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Seconds of several runs.</summary>
    protected abstract double Time(int runs);
}
