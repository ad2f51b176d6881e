using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>How large the values of one layer's output, or of its gradient, were during training.</summary>
public sealed class ValueRange
{
    [JsonConstructor]
    internal ValueRange()
    {
    }

    /// <summary>Name of the value; gradients end in <c>.gradient</c> and are measured as stored, times the loss scale.</summary>
    public required string Name { get; init; }

    /// <summary>Storage format.</summary>
    [JsonInclude]
    public NumericFormat Format { get; internal init; }

    /// <summary>Largest absolute value; infinity if an infinity or NaN was met.</summary>
    [JsonInclude]
    public float Largest { get; internal init; }

    /// <summary>Share of the non-zero values under 6.1e-5, where Float16 loses precision.</summary>
    [JsonInclude]
    public double BelowNormal { get; internal init; }

    /// <summary>Share of zeros among all values.</summary>
    [JsonInclude]
    public double Zeros { get; internal init; }

    /// <summary>The same of a value that has another name elsewhere.</summary>
    internal ValueRange Named(string name)
        => new() { Name = name, Format = Format, Largest = Largest, BelowNormal = BelowNormal, Zeros = Zeros };
}
