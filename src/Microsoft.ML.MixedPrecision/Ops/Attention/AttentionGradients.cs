using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Gradients of an attention.</summary>
/// <param name="Dy">dy: (N·T, H·D), any storage format.</param>
/// <param name="Dqkv">Receives dQ, dK and dV beside each other: (N·T, 3·H·D). Padding is not touched.</param>
internal readonly record struct AttentionGradients(Tensor Dy, Tensor Dqkv);
