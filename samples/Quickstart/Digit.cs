using Microsoft.ML.Data;

namespace Quickstart;

/// <summary>A row of digits.csv: 8 × 8 grey values 0 … 16 and the digit.</summary>
internal sealed class Digit
{
    [LoadColumn(0, 63)]
    [VectorType(64)]
    [ColumnName("Features")]
    public float[] Pixels { get; set; } = [];

    [LoadColumn(64)]
    [ColumnName("Digit")]
    public int Value { get; set; }
}

/// <summary>What the model says about a row.</summary>
internal sealed class DigitPrediction
{
    [ColumnName("PredictedLabel")]
    public int Value { get; set; }

    [ColumnName("Score")]
    public float[] Probabilities { get; set; } = [];
}
