using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Gradients of an attention.</summary>
/// <param name="Dy">dy: (R, H·D), stored as qkv is.</param>
/// <param name="Dqkv">Receives dQ, dK and dV beside each other: (R, 3·H·D), stored as qkv is. Padding is not touched.</param>
internal readonly record struct AttentionGradients(Tensor Dy, Tensor Dqkv);
