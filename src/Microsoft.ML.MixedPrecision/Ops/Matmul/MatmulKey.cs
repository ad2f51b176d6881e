using System.Numerics;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>All that an algorithm for a product is chosen by: two products with equal keys run the same one, and so give the same
/// bits.</summary>
/// <param name="Shape">Sizes, padding that is read included.</param>
/// <param name="TransposeA">Whether A lies in memory as (K, M).</param>
/// <param name="TransposeB">Whether B lies in memory as (N, K).</param>
/// <param name="Operand">Operand format.</param>
/// <param name="Result">Storage format of C.</param>
/// <param name="Pitches">Row pitch of A, B and C in elements.</param>
/// <param name="Alignment">What all three addresses are multiples of, in bytes.</param>
/// <param name="HasBias">Whether a bias in C's format is added in the epilogue.</param>
/// <param name="HasRelu">Whether ReLU follows in the epilogue.</param>
/// <param name="Batch">How many products there are at once, and where they lie.</param>
internal readonly record struct MatmulKey(
    MatmulShape Shape,
    bool TransposeA,
    bool TransposeB,
    NumericFormat Operand,
    NumericFormat Result,
    (int A, int B, int C) Pitches,
    int Alignment,
    bool HasBias,
    bool HasRelu,
    MatmulBatch Batch)
{
    private const int LargestAlignment = 256;

    /// <summary>The key of a product.</summary>
    /// <param name="a">The product; its epilogue is not looked at.</param>
    /// <param name="c">Where the product library writes.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="hasBias">Whether the bias is added in the epilogue.</param>
    /// <param name="hasRelu">Whether ReLU follows in the epilogue.</param>
    /// <param name="batch">Where the others lie, if <paramref name="a"/> and <paramref name="c"/> are the first of several.</param>
    public static MatmulKey Of(
        in MatmulArguments a, Tensor c, MatmulShape shape, bool hasBias, bool hasRelu, MatmulBatch batch = default) => new(
        Padded(a, c, shape, batch),
        a.TransposeA,
        a.TransposeB,
        a.A.Format,
        c.Format.Storage(),
        (a.A.Pitch, a.B.Pitch, c.Pitch),
        AlignmentOf(Places(a.A, batch.A) | Places(a.B, batch.B) | Places(c, batch.C)),
        hasBias,
        hasRelu,
        batch);

    /// <summary>
    /// Sizes up to the pitch where the padding is 0: an inner size of 100 then is read as 104, a multiple of 16 bytes, without which Tensor
    /// Cores are several times slower, and a weight gradient's padding gets its zeros.
    /// </summary>
    private static MatmulShape Padded(in MatmulArguments a, Tensor c, MatmulShape shape, MatmulBatch batch)
    {
        int widthOfB = batch.Width(a.B.Pitch, batch.B);
        bool padsDepth = !a.TransposeA && a.TransposeB && a.A.IsZeroPadded && a.B.IsZeroPadded;
        bool padsColumns = !a.TransposeB && a.B.IsZeroPadded && c.IsZeroPadded;
        return shape with
        {
            K = padsDepth ? Math.Min(batch.Width(a.A.Pitch, batch.A), widthOfB) : shape.K,
            N = padsColumns ? Math.Min(widthOfB, batch.Width(c.Pitch, batch.C)) : shape.N,
        };
    }

    /// <summary>Bits that no place of a matrix has but where the first or a stride has them.</summary>
    private static nint Places(in Tensor first, long stride) => first.Address | (nint)(stride * first.Format.BytesPerElement());

    private static int AlignmentOf(nint addresses)
        => (int)Math.Min(LargestAlignment, 1L << BitOperations.TrailingZeroCount((ulong)addresses | LargestAlignment));
}
