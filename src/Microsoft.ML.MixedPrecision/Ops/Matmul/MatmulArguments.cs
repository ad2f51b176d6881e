using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// C = epilogue(op(A)·op(B)), op(X) = X or Xᵀ. Accumulated in Float32; the epilogue, in this order and in Float32:
/// + <see cref="Bias"/>, store of <see cref="PreActivation"/>, <see cref="Activation"/>, ⊙ derivative of <see cref="GradientOf"/>,
/// + old C if <see cref="Accumulate"/>; then one rounding to the format of C.
/// </summary>
internal readonly struct MatmulArguments
{
    /// <summary>
    /// op(A): (M, K). Its format is the operand format; <see cref="NumericFormat.TensorFloat32"/> rounds Float32 elements to
    /// 10 mantissa bits as they are read.
    /// </summary>
    public Tensor A { get; init; }

    /// <summary>Whether A lies in memory as (K, M).</summary>
    public bool TransposeA { get; init; }

    /// <summary>op(B): (K, N), in the operand format.</summary>
    public Tensor B { get; init; }

    /// <summary>Whether B lies in memory as (N, K).</summary>
    public bool TransposeB { get; init; }

    /// <summary>(M, N), any storage format; its padding is not touched. Must not overlap A or B.</summary>
    public Tensor C { get; init; }

    /// <summary>Adds to C, which must be Float32, instead of replacing it.</summary>
    public bool Accumulate { get; init; }

    /// <summary>(1, N), any storage format, or default for none.</summary>
    public Tensor Bias { get; init; }

    /// <summary>Applied to product + bias before it is rounded.</summary>
    public ActivationKind Activation { get; init; }

    /// <summary>(M, N) or default: receives z = product + bias, rounded; the activation reads z unrounded.</summary>
    public Tensor PreActivation { get; init; }

    /// <summary>The activation whose derivative multiplies the product, where <see cref="Saved"/> is given.</summary>
    public ActivationKind GradientOf { get; init; }

    /// <summary>(M, N) or default: what <see cref="Activations.SavesOutput"/> says the derivative is computed from.</summary>
    public Tensor Saved { get; init; }

    /// <summary>
    /// How many products there are, those of an ensemble's members; 0 or 1 for one. A's rows, and those of C, <see cref="PreActivation"/>
    /// and <see cref="Saved"/>, then are members' in turn: row n·k + i is row n of member i; B and <see cref="Bias"/> are stacked, all of
    /// one member's rows before the next one's. With <see cref="TransposeA"/>, as a weight's gradient is computed, B's rows are members' in
    /// turn and C is stacked. See <see cref="MatmulMembers"/>.
    /// </summary>
    public int Members { get; init; }

    /// <summary>op(B) packed beforehand by <see cref="Matmul.Pack"/>, or null; if given, <see cref="B"/> is ignored.</summary>
    public PackedOperand? PackedB { get; init; }
}
