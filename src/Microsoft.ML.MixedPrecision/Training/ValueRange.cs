namespace Microsoft.ML.MixedPrecision;

/// <summary>How large the values of one layer's output, or of its gradient, were during training.</summary>
public sealed class ValueRange
{
    internal ValueRange()
    {
    }

    /// <summary>Name of the value; gradients end in <c>.gradient</c> and are measured as stored, times the loss scale.</summary>
    public required string Name { get; init; }

    /// <summary>Storage format.</summary>
    public NumericFormat Format { get; internal init; }

    /// <summary>Largest absolute value; infinity if an infinity or NaN was met.</summary>
    public float Largest { get; internal init; }

    /// <summary>Share of the non-zero values under 6.1e-5, where Float16 loses precision.</summary>
    public double BelowNormal { get; internal init; }

    /// <summary>Share of zeros among all values.</summary>
    public double Zeros { get; internal init; }
}
