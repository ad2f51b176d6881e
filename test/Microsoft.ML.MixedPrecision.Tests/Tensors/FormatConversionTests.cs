using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
internal sealed unsafe class FormatConversionTests
{
    private const double Tiny = 5.9604644775390625e-8;

    /// <summary>(format, Float32 value, value it must become): each boundary of the formats from both sides.</summary>
    public static IEnumerable<object[]> Boundaries
    {
        get
        {
            const NumericFormat F16 = NumericFormat.Float16, B16 = NumericFormat.BFloat16, T32 = NumericFormat.TensorFloat32;
            var infinity = float.PositiveInfinity;
            (NumericFormat Format, float Value, double Expected)[] cases =
            [
                (F16, 65504f, 65504), (F16, MathF.BitDecrement(65520f), 65504), (F16, 65520f, infinity), (
                    F16,
                    MathF.BitIncrement(65520f),
                    infinity), (F16, 65536f, infinity),
                (F16, float.MaxValue, infinity), (F16, infinity, infinity), (F16, 0f, 0),
                (F16, (float)(Tiny / 2), 0),
                (F16, MathF.BitIncrement((float)(Tiny / 2)), Tiny),
                (F16, (float)Tiny, Tiny),
                (F16, float.Epsilon, 0),
                (F16, (float)(Tiny * 1.5), Tiny * 2), (F16, MathF.BitDecrement((float)(Tiny * 1.5)), Tiny), (
                    F16,
                    (float)(Tiny * 2.5),
                    Tiny * 2), (
                    F16,
                    MathF.BitIncrement((float)(Tiny * 2.5)),
                    Tiny * 3),
                (F16, 6.103515625e-5f, 6.103515625e-5), (F16, (float)(Tiny * 1023.5), Tiny * 1024), (
                    F16,
                    MathF.BitDecrement((float)(Tiny * 1023.5)),
                    Tiny * 1023),
                (F16, (float)(Tiny * 1024.5), Tiny * 1024), (F16, MathF.BitIncrement((float)(Tiny * 1024.5)), Tiny * 1025),
                (F16, 1f + (1f / 2048), 1), (F16, MathF.BitIncrement(1f + (1f / 2048)), 1 + (1.0 / 1024)), (
                    F16,
                    1f + (3f / 2048),
                    1 + (2.0 / 1024)), (
                    F16,
                    MathF.BitDecrement(1f + (3f / 2048)),
                    1 + (1.0 / 1024)),
                (F16, 2f - (1f / 2048), 2), (F16, 2049f, 2048), (F16, 2051f, 2052),
                (B16, 1f + (1f / 256), 1), (B16, MathF.BitIncrement(1f + (1f / 256)), 1 + (1.0 / 128)), (
                    B16,
                    1f + (3f / 256),
                    1 + (2.0 / 128)), (
                    B16,
                    MathF.BitDecrement(1f + (3f / 256)),
                    1 + (1.0 / 128)),
                (B16, float.MaxValue, infinity), (B16, Bits(0x7F7F_8000), infinity), (B16, Bits(0x7F7F_7FFF), Bits(0x7F7F_0000)), (
                    B16,
                    Bits(0x7F7F_0000),
                    Bits(0x7F7F_0000)), (B16, infinity, infinity),
                (B16, Bits(0x0080_0000), Bits(0x0080_0000)),
                (B16, Bits(0x007F_8000), Bits(0x0080_0000)),
                (B16, Bits(0x007F_7FFF), Bits(0x007F_0000)),
                (B16, Bits(0x0000_8000), 0),
                (B16, Bits(0x0000_8001), Bits(0x0001_0000)),
                (B16, Bits(0x0001_8000), Bits(0x0002_0000)),
                (B16, 0f, 0),
                (T32, 1f + (1f / 2048), 1),
                (T32, MathF.BitIncrement(1f + (1f / 2048)), 1 + (1.0 / 1024)),
                (T32, 1f + (3f / 2048), 1 + (2.0 / 1024)),
                (T32, float.MaxValue, infinity),
                (T32, Bits(0x7F7F_F000), infinity),
                (T32, Bits(0x7F7F_EFFF), Bits(0x7F7F_E000)),
                (T32, infinity, infinity),
                (T32, Bits(0x0000_1000), 0),
                (T32, Bits(0x0000_1001), Bits(0x0000_2000)),
                (NumericFormat.Float32, float.MaxValue, float.MaxValue),
                (NumericFormat.Float32, float.Epsilon, float.Epsilon),
                (NumericFormat.Float32, infinity, infinity),
            ];
            return cases.SelectMany(c => new[] { new object[] { c.Format, c.Value, c.Expected }, [c.Format, -c.Value, -c.Expected] });
        }
    }

    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    public static IEnumerable<object[]> PathsAndFormats => CpuCases.PathsAndFormats;

    [TestMethod]
    [DynamicData(nameof(Boundaries))]
    public void FromFloat32_AtBoundary_RoundsToNearestEven(NumericFormat format, float value, double expected)
    {
        // In each lane and in the tail.
        foreach (var path in CpuCases.AllPaths)
        {
            using var source = TestTensor.Of(NumericFormat.Float32, 1, 19, (_, _) => value);
            using var target = new TestTensor(format, 1, 19);
            FormatConversion.FromFloat32(path, format, (float*)source.Value.Address, (void*)target.Value.Address, 19);
            for (int i = 0; i < 19; i++)
            {
                Assert.AreEqual(BitConverter.DoubleToUInt64Bits(expected), BitConverter.DoubleToUInt64Bits(target[0, i]),
                    $"{path}: {value:R} became {target[0, i]:R}.");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void FromFloat32_NaN_StaysNaNAndBecomesQuiet(SimdPath path, NumericFormat format)
    {
        uint[] patterns = [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFF80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7F80_2000, 0x7F81_0000];
        var values = stackalloc float[17];
        foreach (uint pattern in patterns)
        {
            new Span<float>(values, 17).Fill(Bits(pattern));
            using var target = new TestTensor(format, 1, 17);
            FormatConversion.FromFloat32(path, format, values, (void*)target.Value.Address, 17);
            for (int i = 0; i < 17; i++)
            {
                Assert.IsTrue(double.IsNaN(target[0, i]), $"{pattern:X8} became {target[0, i]:R}.");
                Assert.AreEqual(pattern >> 31 == 1, double.IsNegative(target[0, i]));
                uint quiet = format switch { NumericFormat.Float16 => 0x200, NumericFormat.BFloat16 => 0x40, _ => 0x40_0000u };
                if (format != NumericFormat.Float32)
                {
                    Assert.AreNotEqual(0u, target.Bits()[i] & quiet);
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ToFloat32_EveryFloat16_IsSystemHalf(SimdPath path)
    {
        var patterns = AllPatterns();
        var values = new float[patterns.Length];
        fixed (ushort* source = patterns)
        fixed (float* target = values)
        {
            FormatConversion.ToFloat32(path, NumericFormat.Float16, source, target, patterns.Length);
        }

        for (int i = 0; i < values.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(patterns[i]);
            if (!expected.Equals(values[i]) || float.IsNegative(expected) != float.IsNegative(values[i]))
            {
                Assert.Fail($"{patterns[i]:X4}: expected {expected:R}, got {values[i]:R}.");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ToFloat32_EveryBFloat16_IsUpperHalfOfFloat32(SimdPath path)
    {
        var patterns = AllPatterns();
        var values = new float[patterns.Length];
        fixed (ushort* source = patterns)
        fixed (float* target = values)
        {
            FormatConversion.ToFloat32(path, NumericFormat.BFloat16, source, target, patterns.Length);
        }

        for (int i = 0; i < values.Length; i++)
        {
            Assert.AreEqual((uint)patterns[i] << 16, BitConverter.SingleToUInt32Bits(values[i]));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void RoundTrip_EveryPattern_IsUnchanged(SimdPath path)
    {
        foreach (var format in new[] { NumericFormat.Float16, NumericFormat.BFloat16 })
        {
            var patterns = AllPatterns();
            var values = new float[patterns.Length];
            var back = new ushort[patterns.Length];
            fixed (ushort* source = patterns, target = back)
            fixed (float* wide = values)
            {
                FormatConversion.ToFloat32(path, format, source, wide, patterns.Length);
                FormatConversion.FromFloat32(path, format, wide, target, patterns.Length);
            }
            int quiet = format == NumericFormat.Float16 ? 0x200 : 0x40;
            for (int i = 0; i < back.Length; i++)
            {
                int expected = float.IsNaN(values[i]) ? patterns[i] | quiet : patterns[i];
                if (expected != back[i])
                {
                    Assert.Fail($"{format}: {patterns[i]:X4} came back as {back[i]:X4}.");
                }

                if (back[i] != FormatConversion.ToBits(format, FormatConversion.FromBits(format, patterns[i])))
                {
                    Assert.Fail($"{format}: the scalar conversion of {patterns[i]:X4} differs.");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void FromFloat32_RandomPatterns_MatchReference(SimdPath path, NumericFormat format)
    {
        const int Count = 500_003;
        var random = new Random(20 + (int)path);
        var values = new float[Count];
        for (int i = 0; i < Count; i++)
        {
            values[i] = RandomValue(random, format);
        }

        using var target = new TestTensor(format, 1, Count);
        fixed (float* source = values)
        {
            FormatConversion.FromFloat32(path, format, source, (void*)target.Value.Address, Count);
        }

        var bits = target.Bits();
        for (int i = 0; i < Count; i++)
        {
            // .NET's own conversion for Half, NaN payload included; the definition of rounding for the rest.
            bool equal = format == NumericFormat.Float16 ? bits[i] == BitConverter.HalfToUInt16Bits((Half)values[i])
                : ReferenceRounding.Round(format, values[i]).Equals(target[0, i]);
            if (!equal)
            {
                Assert.Fail($"{values[i]:R} ({BitConverter.SingleToUInt32Bits(values[i]):X8}) became {target[0, i]:R}.");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Convert_EverySize_TouchesNothingElse(SimdPath path, NumericFormat format)
    {
        foreach (int size in CpuCases.Sizes.Append(0))
        {
            using var source = TestTensor.Random(NumericFormat.Float32, 1, size, size);
            using var there = new TestTensor(format, 1, size, extraPitch: 1);
            using var back = new TestTensor(NumericFormat.Float32, 1, size, extraPitch: 1);
            FormatConversion.FromFloat32(path, format, (float*)source.Value.Address, (void*)there.Value.Address, size);
            FormatConversion.ToFloat32(path, format, (void*)there.Value.Address, (float*)back.Value.Address, size);
            there.AssertPaddingUntouched();
            back.AssertPaddingUntouched();
            for (int i = 0; i < size; i++)
            {
                Assert.AreEqual(ReferenceRounding.Round(format, source[0, i]), back[0, i]);
            }
        }
    }

    [TestMethod]
    public void ToBits_Of32BitFormat_SaysSo()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => FormatConversion.ToBits(NumericFormat.Float32, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => FormatConversion.FromBits(NumericFormat.TensorFloat32, 1));
    }

    private static ushort[] AllPatterns() => Enumerable.Range(0, 65536).Select(i => (ushort)i).ToArray();

    private static float Bits(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    /// <summary>Any pattern, but every other time one from the range where Float16 is not 0 or ∞, half of those next to a tie.</summary>
    private static float RandomValue(Random random, NumericFormat format)
    {
        uint pattern = (uint)random.NextInt64(1L << 32);
        if (random.Next(2) == 0)
        {
            return Bits(pattern);
        }

        pattern = (pattern & 0x807F_FFFF) | ((uint)random.Next(127 - 26, 127 + 17) << 23);
        if (random.Next(2) == 0)
        {
            int dropped = format == NumericFormat.BFloat16 ? 16 : 13;
            pattern = (pattern >> dropped << dropped) + (1u << (dropped - 1)) + (uint)random.Next(-1, 2);
        }
        return Bits(pattern);
    }
}
