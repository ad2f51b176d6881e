namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Rounding to a format from its definition, in binary64: to a multiple of the unit in the last place, ties to even.</summary>
internal static class ReferenceRounding
{
    /// <summary>(mantissa bits, exponent of the smallest normal value, largest finite value).</summary>
    private static (int Mantissa, int SmallestExponent, double Largest) Parameters(NumericFormat format) => format switch
    {
        NumericFormat.Float16 => (10, -14, 65504),
        NumericFormat.BFloat16 => (7, -126, (2 - Math.ScaleB(1, -7)) * Math.ScaleB(1, 127)),
        NumericFormat.TensorFloat32 => (10, -126, (2 - Math.ScaleB(1, -10)) * Math.ScaleB(1, 127)),
        NumericFormat.Float32 => (23, -126, float.MaxValue),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Distance from 1 to the next larger value: the ε of the format.</summary>
    public static double Epsilon(this NumericFormat format) => Unit(format, 1);

    /// <summary>Distance between neighbouring values of the format at |x|.</summary>
    public static double Unit(NumericFormat format, double x)
    {
        var (mantissa, smallest, _) = Parameters(format);
        int exponent = x == 0 ? smallest : Math.Max(Math.ILogB(x), smallest);
        return Math.ScaleB(1, exponent - mantissa);
    }

    /// <summary>The value of the format nearest to x.</summary>
    public static double Round(NumericFormat format, double x)
    {
        if (!double.IsFinite(x))
        {
            return x;
        }

        double unit = Unit(format, x);
        double rounded = Math.Round(x / unit, MidpointRounding.ToEven) * unit;
        return Math.Abs(rounded) > Parameters(format).Largest ? Math.CopySign(double.PositiveInfinity, x) : Math.CopySign(rounded, x);
    }
}
