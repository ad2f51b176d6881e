using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Parity;

/// <summary>What is trained with several seeds.</summary>
/// <param name="Data">Rows.</param>
/// <param name="Policy">Formats.</param>
/// <param name="Device">Where.</param>
/// <param name="Epochs">Epochs.</param>
internal sealed record ParityRun(ParityData Data, PrecisionPolicy Policy, ComputeDevice Device, int Epochs)
{
    /// <summary>A line that says so.</summary>
    /// <param name="kind">What the line tells.</param>
    public JsonObject Identity(string kind) => new()
    {
        ["kind"] = kind,
        ["system"] = "mixedprecision",
        ["work"] = Data.Name,
        ["mode"] = Runs.Mode(Policy),
        ["policy"] = Policy.ToString(),
        ["device"] = Device.ToString(),
        ["epochs"] = Epochs,
    };
}
