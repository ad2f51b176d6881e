namespace Microsoft.ML.MixedPrecision;

/// <summary>How large the values of one layer's output, or of its gradient, were during training.</summary>
/// <param name="Name">Name of the value; gradients end in <c>.gradient</c> and are measured as stored, times the loss scale.</param>
/// <param name="Format">Storage format.</param>
/// <param name="Largest">Largest absolute value, infinity if one was met.</param>
/// <param name="BelowNormal">Share of the non-zero values under 6.1e-5, where Float16 loses precision.</param>
/// <param name="Zeros">Share of zeros.</param>
public sealed record ValueRange(string Name, NumericFormat Format, float Largest, double BelowNormal, double Zeros);
