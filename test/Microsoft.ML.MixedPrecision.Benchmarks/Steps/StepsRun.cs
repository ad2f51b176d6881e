using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Steps;

/// <summary>What is timed.</summary>
/// <param name="Work">Network and batch.</param>
/// <param name="Policy">Formats.</param>
/// <param name="Device">Where.</param>
/// <param name="Probes">Steps from one measurement of value ranges to the next; 0 for none.</param>
internal sealed record StepsRun(Workload Work, PrecisionPolicy Policy, ComputeDevice Device, int Probes)
{
    /// <summary>A line that says so.</summary>
    public JsonObject Identity => new()
    {
        ["kind"] = "measurement",
        ["system"] = "mixedprecision",
        ["work"] = Work.Name,
        ["mode"] = Runs.Mode(Policy),
        ["policy"] = Policy.ToString(),
        ["device"] = Device.ToString(),
        ["probes"] = Probes,
    };
}
