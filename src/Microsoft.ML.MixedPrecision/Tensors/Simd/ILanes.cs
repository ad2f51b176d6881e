namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>
/// The operations of one vector of Float32 elements, so that a kernel is written once for all widths. Every operation is
/// the IEEE one, element by element: all widths give the same bits. A vector also serves as one of 32-bit words
/// (members ending in <c>Bits</c>), and as a mask of all ones or all zeros.
/// </summary>
/// <typeparam name="TVector">The vector's type.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Elements in one vector.</summary>
    static abstract int Count { get; }

    /// <summary>Reads <see cref="Count"/> elements; no alignment needed.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes <see cref="Count"/> elements; no alignment needed.</summary>
    static abstract void Store(TVector vector, float* target);

    /// <summary>Reads <see cref="Count"/> 16-bit words, zero-extended to 32 bits.</summary>
    static abstract TVector LoadUInt16(ushort* source);

    /// <summary>Writes the low 16 bits of each word; the upper ones must be zero.</summary>
    static abstract void StoreUInt16(TVector words, ushort* target);

    /// <summary>A vector of equal elements.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>A vector of equal 32-bit words.</summary>
    static abstract TVector BroadcastBits(uint bits);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a − b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a · b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>√a.</summary>
    static abstract TVector SquareRoot(TVector a);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>Mask of a &gt; b; false where either is NaN.</summary>
    static abstract TVector GreaterThan(TVector a, TVector b);

    /// <summary>Mask of a = b; false where either is NaN.</summary>
    static abstract TVector AreEqual(TVector a, TVector b);

    /// <summary>a where the mask is set, else b.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>How many elements of a mask are set.</summary>
    static abstract int CountSet(TVector mask);

    /// <summary>Bitwise and.</summary>
    static abstract TVector AndBits(TVector a, TVector b);

    /// <summary>Bitwise or.</summary>
    static abstract TVector OrBits(TVector a, TVector b);

    /// <summary>Sum of 32-bit words, modulo 2³².</summary>
    static abstract TVector AddBits(TVector a, TVector b);

    /// <summary>Difference of 32-bit words, modulo 2³².</summary>
    static abstract TVector SubtractBits(TVector a, TVector b);

    /// <summary>Words shifted left.</summary>
    static abstract TVector ShiftLeftBits(TVector a, int count);

    /// <summary>Words shifted right, zeros filled in.</summary>
    static abstract TVector ShiftRightBits(TVector a, int count);

    /// <summary>Words shifted right, the sign filled in.</summary>
    static abstract TVector ShiftRightSignedBits(TVector a, int count);

    /// <summary>Mask of a &gt; b, words compared as signed numbers.</summary>
    static abstract TVector GreaterThanBits(TVector a, TVector b);
}
