using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>A column of the table: which value of a JSON line, and how people read it.</summary>
/// <param name="Key">Name of the value.</param>
/// <param name="Title">Head of the column.</param>
/// <param name="Format">.NET format of numbers.</param>
internal sealed record Column(string Key, string Title, string Format = "N0")
{
    /// <summary>A line's value; empty where the line has none.</summary>
    public string Text(JsonObject line)
        => IsNumber(line)
            ? double.Parse(line[Key]!.ToJsonString(), CultureInfo.InvariantCulture).ToString(Format, CultureInfo.InvariantCulture)
            : line[Key]?.ToString() ?? "";

    /// <summary>Whether a line's value is a number.</summary>
    public bool IsNumber(JsonObject line) => line[Key]?.GetValueKind() == JsonValueKind.Number;
}
