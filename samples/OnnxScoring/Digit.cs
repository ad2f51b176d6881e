using Microsoft.ML.Data;

namespace OnnxScoring;

/// <summary>A row of digits.csv: 8 × 8 grey values 0 … 16 and the digit.</summary>
internal sealed class Digit
{
    [LoadColumn(0, 63), VectorType(64)]
    public float[] Features { get; set; } = [];

    [LoadColumn(64), ColumnName("Digit")]
    public int Value { get; set; }
}
