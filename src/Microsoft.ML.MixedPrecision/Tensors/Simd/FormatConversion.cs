namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>
/// Conversion of runs of elements between Float32 and every <see cref="NumericFormat"/>: to nearest, ties to even; ±∞ stays
/// ±∞; NaN stays NaN and becomes quiet when narrowed. Widening is exact. All paths give the same bits.
/// <see cref="NumericFormat.TensorFloat32"/> rounds to 10 mantissa bits in either direction.
/// </summary>
internal static unsafe class FormatConversion
{
    /// <summary>to[i] = from[i] as Float32, for i &lt; count.</summary>
    /// <param name="path">Vector width to use.</param>
    /// <param name="source">Format of <paramref name="from"/>.</param>
    /// <param name="from">Elements in the source format; for 32-bit formats it may be <paramref name="to"/> itself.</param>
    /// <param name="to">Receives Float32.</param>
    /// <param name="count">Number of elements; 0 is allowed.</param>
    public static void ToFloat32(SimdPath path, NumericFormat source, void* from, float* to, nint count)
    {
        var kernel = new ConvertKernel(source, from, NumericFormat.Float32, to, count);
        path.Dispatch(ref kernel);
    }

    /// <summary>to[i] = from[i] rounded to the target format, for i &lt; count.</summary>
    /// <param name="path">Vector width to use.</param>
    /// <param name="target">Format of <paramref name="to"/>.</param>
    /// <param name="from">Float32 elements.</param>
    /// <param name="to">Receives elements in the target format; for 32-bit formats it may be <paramref name="from"/> itself.</param>
    /// <param name="count">Number of elements; 0 is allowed.</param>
    public static void FromFloat32(SimdPath path, NumericFormat target, float* from, void* to, nint count)
    {
        var kernel = new ConvertKernel(NumericFormat.Float32, from, target, to, count);
        path.Dispatch(ref kernel);
    }

    /// <summary>The bits of <paramref name="value"/> rounded to a 16-bit format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format has 32 bits.</exception>
    public static ushort ToBits(NumericFormat format, float value) => format switch
    {
        NumericFormat.Float16 => (ushort)BitConverter.SingleToUInt32Bits(FormatLanes<LanesPortable, float>.ToFloat16(value)),
        NumericFormat.BFloat16 => (ushort)BitConverter.SingleToUInt32Bits(FormatLanes<LanesPortable, float>.ToBFloat16(value)),
        _ => throw Not16Bit(format),
    };

    /// <summary>The value of bits in a 16-bit format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format has 32 bits.</exception>
    public static float FromBits(NumericFormat format, ushort bits) => format switch
    {
        NumericFormat.Float16 => FormatLanes<LanesPortable, float>.FromFloat16(BitConverter.UInt32BitsToSingle(bits)),
        NumericFormat.BFloat16 => FormatLanes<LanesPortable, float>.FromBFloat16(BitConverter.UInt32BitsToSingle(bits)),
        _ => throw Not16Bit(format),
    };

    private static ArgumentOutOfRangeException Not16Bit(NumericFormat format)
        => new(nameof(format), format, $"{format} has {8 * format.BytesPerElement()} bits; Float16 and BFloat16 have 16.");
}
