using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>
/// Conversions between Float32 and the other formats on one vector, by integer arithmetic, since .NET offers no conversion
/// instructions for 16-bit floats. Narrowing rounds to nearest, ties to even; ±∞ stays, NaN stays NaN with its sign and
/// upper payload bits and becomes quiet. Widening is exact and keeps every bit.
/// </summary>
/// <remarks>Method: F. Giesen, "float-&gt;half variants" and "half_to_float_fast5" (https://gist.github.com/rygorous/2156668).</remarks>
internal static unsafe class FormatLanes<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Float16 words, zero-extended to 32 bits → Float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector FromFloat16(TVector words)
    {
        var rebias = TLanes.BroadcastBits((127 - 15) << 23);
        var smallestNormal = TLanes.BroadcastBits((127 - 14) << 23);
        var magnitude = TLanes.ShiftLeftBits(TLanes.AndBits(words, TLanes.BroadcastBits(0x7FFF)), 13);
        var sign = TLanes.ShiftLeftBits(TLanes.AndBits(words, TLanes.BroadcastBits(0x8000)), 16);

        var isSpecial = TLanes.GreaterThanBits(magnitude, TLanes.BroadcastBits(0x0F7F_FFFF));
        var normal = TLanes.AddBits(TLanes.AddBits(magnitude, rebias), TLanes.AndBits(isSpecial, rebias));
        // A subnormal is m·2⁻²⁴: put m under the exponent of 2⁻¹⁴ and take 2⁻¹⁴ away again.
        var subnormal = TLanes.Subtract(TLanes.AddBits(magnitude, smallestNormal), smallestNormal);
        var isNormal = TLanes.GreaterThanBits(magnitude, TLanes.BroadcastBits(0x007F_FFFF));
        return TLanes.OrBits(TLanes.Select(isNormal, normal, subnormal), sign);
    }

    /// <summary>Float32 → Float16 words, zero-extended to 32 bits. 65520 and above become ∞, 2⁻²⁵ and below 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ToFloat16(TVector values)
    {
        var magnitude = TLanes.AndBits(values, TLanes.BroadcastBits(0x7FFF_FFFF));
        var sign = TLanes.ShiftRightBits(TLanes.AndBits(values, TLanes.BroadcastBits(0x8000_0000)), 16);

        // Just under half a unit, plus the last kept bit: carries upward exactly when nearest-even does, into ∞ too.
        var isOdd = TLanes.AndBits(TLanes.ShiftRightBits(magnitude, 13), TLanes.BroadcastBits(1));
        var rounded = TLanes.AddBits(TLanes.AddBits(magnitude, TLanes.BroadcastBits(unchecked((uint)((15 - 127) << 23) + 0xFFF))), isOdd);
        var normal = TLanes.ShiftRightBits(rounded, 13);

        // Added to ½, whose last bit is worth 2⁻²⁴, the hardware rounds to a multiple of the smallest subnormal.
        var half = TLanes.Broadcast(0.5f);
        var subnormal = TLanes.SubtractBits(TLanes.Add(magnitude, half), half);
        var isSubnormal = TLanes.GreaterThanBits(TLanes.BroadcastBits((127 - 14) << 23), magnitude);
        var finite = TLanes.Select(isSubnormal, subnormal, normal);

        var isNaN = TLanes.GreaterThanBits(magnitude, TLanes.BroadcastBits(0x7F80_0000));
        var payload = TLanes.AndBits(TLanes.ShiftRightBits(magnitude, 13), TLanes.BroadcastBits(0x3FF));
        var special = TLanes.OrBits(
            TLanes.BroadcastBits(0x7C00),
            TLanes.AndBits(isNaN, TLanes.OrBits(payload, TLanes.BroadcastBits(0x200))));
        var isSpecial = TLanes.GreaterThanBits(magnitude, TLanes.BroadcastBits(((127 + 16) << 23) - 1));
        return TLanes.OrBits(TLanes.Select(isSpecial, special, finite), sign);
    }

    /// <summary>BFloat16 words, zero-extended to 32 bits → Float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector FromBFloat16(TVector words) => TLanes.ShiftLeftBits(words, 16);

    /// <summary>Float32 → BFloat16 words, zero-extended to 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ToBFloat16(TVector values) => TLanes.ShiftRightBits(RoundUpperBits(values, 16), 16);

    /// <summary>Float32 rounded to the 10 mantissa bits of TensorFloat32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector RoundTensorFloat32(TVector values)
        => TLanes.AndBits(RoundUpperBits(values, 13), TLanes.BroadcastBits(~0x1FFFu));

    /// <summary>Reads one vector of any format as Float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(NumericFormat format, void* from, nint index) => format switch
    {
        NumericFormat.Float16 => FromFloat16(TLanes.LoadUInt16((ushort*)from + index)),
        NumericFormat.BFloat16 => FromBFloat16(TLanes.LoadUInt16((ushort*)from + index)),
        NumericFormat.TensorFloat32 => RoundTensorFloat32(TLanes.Load((float*)from + index)),
        NumericFormat.Float32 => TLanes.Load((float*)from + index),
        _ => throw UnknownValue.Of(format),
    };

    /// <summary>Rounds one vector of Float32 to any format and writes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(NumericFormat format, TVector values, void* to, nint index)
    {
        switch (format)
        {
            case NumericFormat.Float16:
                TLanes.StoreUInt16(ToFloat16(values), (ushort*)to + index);
                break;
            case NumericFormat.BFloat16:
                TLanes.StoreUInt16(ToBFloat16(values), (ushort*)to + index);
                break;
            case NumericFormat.TensorFloat32:
                TLanes.Store(RoundTensorFloat32(values), (float*)to + index);
                break;
            case NumericFormat.Float32:
                TLanes.Store(values, (float*)to + index);
                break;
            default:
                throw UnknownValue.Of(format);
        }
    }

    /// <summary>Nearest even in the bits above the <paramref name="dropped"/> lowest, which are left as rubbish; NaN is made quiet
    /// instead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector RoundUpperBits(TVector values, int dropped)
    {
        var isOdd = TLanes.AndBits(TLanes.ShiftRightBits(values, dropped), TLanes.BroadcastBits(1));
        var rounded = TLanes.AddBits(TLanes.AddBits(values, TLanes.BroadcastBits((1u << (dropped - 1)) - 1)), isOdd);
        var quiet = TLanes.OrBits(values, TLanes.BroadcastBits(0x0040_0000));
        return TLanes.Select(TLanes.AreEqual(values, values), rounded, quiet);
    }
}
