namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>What a batch normalisation computes with when it scores; every vector (C).</summary>
/// <param name="Scale">Scale.</param>
/// <param name="Shift">Shift.</param>
/// <param name="Mean">Running mean.</param>
/// <param name="Variance">Running variance.</param>
/// <param name="Epsilon">ε.</param>
internal readonly record struct OnnxBatchNorm(float[] Scale, float[] Shift, float[] Mean, float[] Variance, float Epsilon);
