namespace Microsoft.ML.MixedPrecision;

/// <summary>How a fitted pipeline is written as an ONNX file.</summary>
public sealed class OnnxExportOptions
{
    /// <summary>
    /// What the network's products and activations are stored and computed in: <see cref="NumericFormat.Float32"/> (the default)
    /// or <see cref="NumericFormat.Float16"/>, which halves the file. Inputs, outputs, softmax, layer normalization and Gelu stay FP32 in both.
    /// </summary>
    /// <remarks>
    /// In Float16, weights are rounded to nearest even; those above 65504 in magnitude become ±65504 and are counted in
    /// <see cref="OnnxExportReport.SaturatedWeights"/>. Other formats are refused: TensorFloat32 is how a GPU multiplies,
    /// not a format of files, and ONNX Runtime's CPU provider does not compute in BFloat16.
    /// </remarks>
    public NumericFormat Format { get; set; } = NumericFormat.Float32;

    /// <summary>
    /// The columns that the file computes. Null (the default) means what the trained model makes (<c>Score</c>,
    /// <c>PredictedLabel</c>, <c>Probability</c>) and the columns that later steps derive from it, for example by MapKeyToValue.
    /// </summary>
    /// <remarks>What none of these columns depends on, such as the label, is left out of the file and is not asked for.</remarks>
    public IReadOnlyList<string>? OutputColumns { get; set; }
}
