using Microsoft.ML.Data;

namespace BinaryClassification;

/// <summary>A line of penguins.csv: millimetres and grams; empty or "." where nobody could tell.</summary>
internal sealed class Penguin
{
    [LoadColumn(0)]
    public string Species { get; set; } = "";

    [LoadColumn(1)]
    public string Island { get; set; } = "";

    [LoadColumn(2, 5)]
    [VectorType(4)]
    public float[] Measures { get; set; } = [];

    [LoadColumn(6)]
    public string Sex { get; set; } = "";
}

/// <summary>What the model says.</summary>
internal sealed class Answer
{
    public bool Label { get; set; }

    public bool PredictedLabel { get; set; }

    public float Probability { get; set; }
}
