namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Sizes and limits of each <see cref="NumericFormat"/>.</summary>
internal static class NumericFormatTraits
{
    /// <summary>Bytes that one stored element takes: 2 or 4.</summary>
    public static int BytesPerElement(this NumericFormat format) => format.Is16Bit() ? 2 : 4;

    /// <summary>Whether elements are stored in 16 bits.</summary>
    public static bool Is16Bit(this NumericFormat format) => format is NumericFormat.Float16 or NumericFormat.BFloat16;

    /// <summary>How elements of this format lie in memory: TensorFloat32 operands are ordinary Float32 words.</summary>
    public static NumericFormat Storage(this NumericFormat format)
        => format == NumericFormat.TensorFloat32 ? NumericFormat.Float32 : format;

    /// <summary>The largest finite value.</summary>
    public static float MaxFinite(this NumericFormat format) => format switch
    {
        NumericFormat.Float16 => 65504f,
        NumericFormat.BFloat16 => BitConverter.UInt32BitsToSingle(0x7F7F0000),
        NumericFormat.TensorFloat32 => BitConverter.UInt32BitsToSingle(0x7F7FE000),
        _ => float.MaxValue,
    };

    /// <summary>The smallest positive normal value: below it relative precision is lost.</summary>
    public static float MinNormal(this NumericFormat format) => format == NumericFormat.Float16 ? 6.103515625e-5f : 1.17549435e-38f;

    /// <summary>Distance from 1 to the next larger value, 2^-mantissa bits: the ε of the format.</summary>
    public static double Epsilon(this NumericFormat format) => format switch
    {
        NumericFormat.Float16 or NumericFormat.TensorFloat32 => 1.0 / 1024,
        NumericFormat.BFloat16 => 1.0 / 128,
        _ => 1.0 / 8388608,
    };
}
