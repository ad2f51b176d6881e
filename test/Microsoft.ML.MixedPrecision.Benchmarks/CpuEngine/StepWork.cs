using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Steps;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CpuEngine;

/// <summary>A whole training step: gather, forward, loss, backward, finite check, optimizer, loss scale.</summary>
/// <param name="work">Network and batch.</param>
/// <param name="policy">Formats.</param>
internal sealed class StepWork(Workload work, PrecisionPolicy policy) : CpuWork(work.Name, policy, work.FloatingPointOperations)
{
    private readonly PlanDriver _driver = new(work, policy, ComputeDevice.Cpu);

    /// <inheritdoc/>
    public override void Dispose() => _driver.Dispose();

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, JsonNode?>> PeerSizes()
    {
        yield return new("rows", work.Rows);
        yield return new("sizes", new JsonArray([.. work.Sizes.Select(size => JsonValue.Create(size))]));
        if (work.Encoder is var (layers, heads, tokens))
        {
            yield return new("encoder", new JsonArray(layers, heads, tokens));
        }
    }

    /// <inheritdoc/>
    protected override double Time(int runs)
    {
        _driver.Begin(runs);
        long started = Stopwatch.GetTimestamp();
        _driver.Run();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
