using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Benchmarks.Reports;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Products;

/// <summary>A product that is timed: C = A·Bᵀ, all three square, as a forward pass has it.</summary>
/// <param name="Size">Rows and columns of each matrix.</param>
/// <param name="Policy">Whose operand format; C is stored in it.</param>
/// <param name="Device">Which card.</param>
internal sealed record ProductsRun(int Size, PrecisionPolicy Policy, ComputeDevice Device)
{
    /// <summary>Two operations for each of size³ multiply-adds.</summary>
    public double FloatingPointOperations => 2.0 * Size * Size * Size;

    /// <summary>A line that says so.</summary>
    public JsonObject Identity => new()
    {
        ["kind"] = "measurement",
        ["system"] = "mixedprecision",
        ["work"] = $"product_{Size}",
        ["mode"] = Runs.Mode(Policy),
        ["device"] = Device.ToString(),
    };
}
