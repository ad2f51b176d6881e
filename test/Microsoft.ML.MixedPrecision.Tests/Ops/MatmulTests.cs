using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed class MatmulTests
{
    private static readonly (int M, int N, int K)[] Shapes =
        [
            (1, 1, 1),
            (1, 17, 3),
            (5, 7, 2),
            (6, 16, 8),
            (7, 33, 31),
            (13, 1, 61),
            (17, 61, 9),
            (3, 5, 127),
            (12, 32, 4),
            (2, 3, 259),
            (19, 8, 13),
            (31, 70, 261),
            (10, 64, 260)];

    /// <summary>Beyond every block: rows, columns and depth.</summary>
    private static readonly (int M, int N, int K) LargeShape = (127, 517, 259);

    /// <summary>More rows than a block; more of op(B) than a strip; few rows, which read B where it lies.</summary>
    private static readonly (int M, int N, int K)[] CutShapes = [(260, 40, 300), (3, 520, 2100), (4, 256, 600)];

    public static IEnumerable<object[]> PathsAndFormats => CpuCases.PathsAndFormats;

    public static IEnumerable<object[]> CutCases
        => from path in CpuCases.AllPaths
           from format in new[] { NumericFormat.Float32, NumericFormat.BFloat16 }
           from transpose in new[] { false, true }
           select new object[] { path, format, transpose };

    public static IEnumerable<object[]> FormatsAndTransposes
        => from format in CpuCases.Formats
           from a in new[] { false, true }
           from b in new[] { false, true }
           select new object[] { format, a, b };

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_ManyShapes_IsOneChainOverDepthRoundedOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(1, path);
        foreach (var shape in Shapes)
        {
            foreach (var (transposeA, transposeB) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                using var product = new ProductCase(format, shape, transposeA, transposeB);
                Matmul.Run(device, product.Arguments);
                product.AssertChain($"{path}, {format}, {transposeA}, {transposeB}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(FormatsAndTransposes))]
    public void Run_ManyShapes_IsWithinBoundOfBinary64(NumericFormat format, bool transposeA, bool transposeB)
    {
        using var device = new CpuDevice(2);
        foreach (var shape in Shapes)
        {
            using var product = new ProductCase(format, shape, transposeA, transposeB);
            Matmul.Run(device, product.Arguments);
            for (int row = 0; row < shape.M; row++)
            {
                for (int column = 0; column < shape.N; column++)
                {
                    double expected = product.Sum(row, column);
                    double half = ReferenceRounding.Unit(product.C.Value.Format, expected) / 2;
                    Tolerance.AssertClose(
                        expected,
                        product.C[row, column],
                        product.Bound(row, column) + half,
                        0,
                        $"{shape} at ({row}, {column})");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(FormatsAndTransposes))]
    public void Run_LargeOnAnyNumberOfThreads_IsOneChainOverDepthRoundedOnce(NumericFormat format, bool transposeA, bool transposeB)
    {
        uint[]? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            using var product = new ProductCase(format, LargeShape, transposeA, transposeB);
            Matmul.Run(device, product.Arguments);
            if (expected is null)
            {
                product.AssertChain($"{format}");
            }

            expected ??= product.C.Bits();
            CollectionAssert.AreEqual(expected, product.C.Bits(), $"{threads} threads give other bits.");
            product.C.AssertPaddingUntouched();
        }
    }

    [TestMethod]
    [DynamicData(nameof(CutCases))]
    public void Run_ShapesThatAreCut_AreOneChainOverDepthRoundedOnce(SimdPath path, NumericFormat format, bool transpose)
    {
        foreach (var shape in CutShapes)
        {
            uint[]? expected = null;
            foreach (int threads in new[] { 1, 3 })
            {
                using var device = new CpuDevice(threads, path);
                using var product = new ProductCase(format, shape, transpose, transpose);
                Matmul.Run(device, product.Arguments);
                if (expected is null)
                {
                    product.AssertChain($"{path}, {format}, {shape}");
                }

                expected ??= product.C.Bits();
                CollectionAssert.AreEqual(expected, product.C.Bits(), $"{shape} on {threads} threads gives other bits.");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(FormatsAndTransposes))]
    public void Run_RowsAlone_GiveBitsOfBatch(NumericFormat format, bool transposeA, bool transposeB)
    {
        using var device = new CpuDevice(2);
        using var product = new ProductCase(format, (137, 37, 70), transposeA: false, transposeB);
        Matmul.Run(device, product.Arguments);
        var together = product.C.Bits();

        // Packed weights, as scoring has them, must not differ either.
        using var packed = Matmul.Pack(device, product.B, transposeB);
        for (int row = 0; row < product.M; row++)
        {
            using var alone = new TestTensor(product.C.Value.Format, 1, product.N);
            var arguments = product.Arguments;
            Matmul.Run(device, arguments with { A = product.A.Rows(row, 1), C = alone, PackedB = transposeA ? packed : null });
            CollectionAssert.AreEqual(together[(row * product.N)..((row + 1) * product.N)], alone.Bits(), $"Row {row}.");
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Pack_ManyShapes_GivesBitsOfUnpacked(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (var shape in Shapes.Append((9, 600, 20)))
        {
            using var product = new ProductCase(format, shape, false, true);
            using var packed = Matmul.Pack(device, product.B, true);
            var arguments = product.Arguments;
            Matmul.Run(device, arguments with { B = default, PackedB = packed });
            product.AssertChain($"{path}, {format}");
        }
    }

    [TestMethod]
    public void Run_TensorFloat32_RoundsOperandsOnly()
    {
        // 1 + 2⁻¹¹ is a tie and becomes 1; a little more becomes 1 + 2⁻¹⁰. The result keeps all its bits.
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(
            NumericFormat.TensorFloat32,
            1,
            2,
            (_, k) => k == 0 ? 1 + Math.ScaleB(1, -11) : 1 + Math.ScaleB(1, -11) + Math.ScaleB(1, -20));
        using var b = TestTensor.Of(NumericFormat.TensorFloat32, 2, 1, (k, _) => k == 0 ? 1 : Math.ScaleB(1, -10));
        using var c = new TestTensor(NumericFormat.Float32, 1, 1);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, C = c });

        Assert.AreEqual(1 + (Math.ScaleB(1, -10) * (1 + Math.ScaleB(1, -10))), c[0, 0]);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, 4096)]
    [DataRow(NumericFormat.BFloat16, 1024)]
    public void Run_ManyOnes_AccumulatesInFloat32(NumericFormat format, int depth)
    {
        // In 16 bits the sum stops growing where its unit in the last place becomes 2.
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(format, 1, depth, (_, _) => 1);
        using var b = TestTensor.Of(format, depth, 1, (_, _) => 1);
        using var c = new TestTensor(format, 1, 1);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, C = c });

        Assert.AreEqual(depth, c[0, 0]);
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_NotFiniteElement_SpoilsItsRowOnly(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(1, path);
        using var product = new ProductCase(format, (8, 19, 5), false, true);
        product.A[3, 2] = double.NaN;
        product.A[7, 4] = double.PositiveInfinity;
        Matmul.Run(device, product.Arguments);
        for (int row = 0; row < 8; row++)
        {
            for (int column = 0; column < 19; column++)
            {
                Assert.AreEqual(row == 3, double.IsNaN(product.C[row, column]));
                Assert.AreEqual(row == 7, double.IsInfinity(product.C[row, column]));
            }
        }
    }

    [TestMethod]
    public void Run_TensorsThatDoNotFit_SaysWhich()
    {
        using var device = new CpuDevice(1, SimdPath.Vector128);
        using var wide = new CpuDevice(1, SimdPath.Vector256);
        using var product = new ProductCase(NumericFormat.Float16, (3, 5, 4), false, false);
        using var other = new TestTensor(NumericFormat.Float16, 3, 4);
        using var brain = new TestTensor(NumericFormat.BFloat16, 4, 5);
        using var packed = Matmul.Pack(wide, product.B, false);
        var good = product.Arguments;

        AssertRefused(device, good with { C = other }, "C is (3, 4); (3, 5) is needed.");
        AssertRefused(device, good with { C = default }, "C is missing.");
        AssertRefused(device, good with { TransposeA = true }, "inner sizes");
        AssertRefused(device, good with { B = brain }, "A is Float16 and B BFloat16");
        AssertRefused(device, good with { Bias = other }, "Bias is (3, 4); (1, 5) is needed.");
        AssertRefused(device, good with { Saved = other }, "Saved is (3, 4)");
        AssertRefused(device, good with { PreActivation = other }, "PreActivation is (3, 4)");
        AssertRefused(device, good with { Accumulate = true }, "only a Float32 result");
        AssertRefused(device, good with { PackedB = packed }, "packed for Vector256");
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var product = new ProductCase(NumericFormat.Float16, (130, 90, 60), true, true);

        Allocations.AssertNone(device, () => Matmul.Run(device, product.Arguments));
    }

    private static void AssertRefused(CpuDevice device, MatmulArguments arguments, string reason)
        => StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Matmul.Run(device, arguments)).Message, reason);
}
