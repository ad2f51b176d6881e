namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>A product without its data: what algorithms are chosen for. Owns nothing.</summary>
/// <param name="Descriptor">How it is computed.</param>
/// <param name="A">The left operand, before op.</param>
/// <param name="B">The right operand, before op.</param>
/// <param name="C">What is added, times beta.</param>
/// <param name="D">The result; may be C's.</param>
internal readonly record struct MatmulProblem(MatmulDescriptor Descriptor, MatrixLayout A, MatrixLayout B, MatrixLayout C, MatrixLayout D);
