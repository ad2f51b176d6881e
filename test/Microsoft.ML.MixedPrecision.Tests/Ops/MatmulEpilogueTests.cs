using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>What follows the sum: order of the steps and number of roundings.</summary>
[TestClass]
internal sealed class MatmulEpilogueTests
{
    private static readonly (int M, int N, int K)[] Shapes = [(1, 1, 1), (7, 33, 5), (3, 17, 2), (127, 9, 8)];

    public static IEnumerable<object[]> PathsAndFormats => CpuCases.PathsAndFormats;

    public static IEnumerable<object[]> PathsAndKinds
        => from path in CpuCases.AllPaths from kind in Enum.GetValues<ActivationKind>() select new object[] { path, kind };

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_BiasAndRelu_AreAppliedInFloat32BeforeTheOneRounding(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (var shape in Shapes)
        {
            foreach (var biasFormat in CpuCases.StorageFormats)
            {
                using var product = new ProductCase(format, shape, false, true);
                using var bias = TestTensor.Random(biasFormat, 1, shape.N, 3);
                using var z = new TestTensor(format.Storage(), shape.M, shape.N, extraPitch: 1);
                var arguments = product.Arguments;
                Matmul.Run(device, arguments with { Bias = bias, Activation = ActivationKind.Relu, PreActivation = z });

                product.AssertChain($"{path}, {format}, bias {biasFormat}", (sum, _, column) => Math.Max(sum + (float)bias[0, column], 0));
                z.AssertPaddingUntouched();
                for (int row = 0; row < shape.M; row++)
                {
                    for (int column = 0; column < shape.N; column++)
                    {
                        Assert.AreEqual(
                            ReferenceRounding.Round(format.Storage(), product.Chain(row, column) + (float)bias[0, column]),
                            z[row, column]);
                    }
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_BiasAndReluInOnePass_AreAppliedInFloat32BeforeTheOneRounding(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (var shape in Shapes)
        {
            foreach (var activation in new[] { ActivationKind.None, ActivationKind.Relu })
            {
                // Without a pre-activation to be stored, bias, ReLU and rounding go over a row together.
                using var product = new ProductCase(format, shape, false, true);
                using var bias = TestTensor.Random(format.Storage(), 1, shape.N, 3);
                var arguments = product.Arguments;
                Matmul.Run(device, arguments with { Bias = bias, Activation = activation });

                double least = activation == ActivationKind.Relu ? 0 : double.NegativeInfinity;
                product.AssertChain(
                    $"{path}, {format}, {activation}",
                    (sum, _, column) => (float)Math.Max(sum + (float)bias[0, column], least));
                product.C.AssertPaddingUntouched();
            }
        }
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, 11)]
    [DataRow(NumericFormat.BFloat16, 8)]
    public void Run_SumOnTieAndSmallBias_RoundsOnceNotTwice(NumericFormat format, int bits)
    {
        // The sum 1 + u/2 alone rounds down to 1; with the bias u/4 it lies above the tie and must become 1 + u.
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(format, 1, 2, (_, k) => k == 0 ? 1 : Math.ScaleB(1, -bits));
        using var b = TestTensor.Of(format, 1, 2, (_, _) => 1);
        using var bias = TestTensor.Of(format, 1, 1, (_, _) => Math.ScaleB(1, -bits - 1));
        using var c = new TestTensor(format, 1, 1);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, TransposeB = true, C = c, Bias = bias, Activation = ActivationKind.Relu });

        Assert.AreEqual(1 + Math.ScaleB(1, 1 - bits), c[0, 0]);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, ActivationKind.Gelu)]
    [DataRow(NumericFormat.Float16, ActivationKind.GeluErf)]
    [DataRow(NumericFormat.Float16, ActivationKind.Silu)]
    [DataRow(NumericFormat.BFloat16, ActivationKind.Gelu)]
    [DataRow(NumericFormat.BFloat16, ActivationKind.Tanh)]
    public void Run_Activation_ReadsUnroundedPreActivation(NumericFormat format, ActivationKind kind)
    {
        // z = 1 + h between two values of the format, chosen so that rounding z first changes the stored result.
        double unit = ReferenceRounding.Unit(format, 1);
        double h = Enumerable.Range(1, 400).Select(i => i * unit / 8)
            .First(h => Stored(format, kind, 1 + h) != Stored(format, kind, ReferenceRounding.Round(format, 1 + h))
                && IsFarFromTie(format, ReferenceMath.Activation(kind, 1 + h)));
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(format, 1, 2, (_, k) => k == 0 ? 1 : h);
        using var b = TestTensor.Of(format, 2, 1, (_, _) => 1);
        using var c = new TestTensor(format, 1, 1);
        using var z = new TestTensor(format, 1, 1);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, C = c, Activation = kind, PreActivation = z });

        Assert.AreEqual(Stored(format, kind, 1 + h), c[0, 0]);
        Assert.AreEqual(ReferenceRounding.Round(format, 1 + h), z[0, 0]);
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Run_EachActivation_MatchesFormula(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        using var product = new ProductCase(NumericFormat.Float32, (7, 19, 5), false, true);
        var arguments = product.Arguments;
        Matmul.Run(device, arguments with { Activation = kind });

        product.C.AssertPaddingUntouched();
        for (int row = 0; row < product.M; row++)
        {
            for (int column = 0; column < product.N; column++)
            {
                Tolerance.AssertClose(
                    ReferenceMath.Activation(kind, product.Chain(row, column)),
                    product.C[row, column],
                    1e-37,
                    1e-6,
                    $"{path}, {kind}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Run_GradientOfEachActivation_MultipliesBeforeTheOneRounding(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        foreach (var format in CpuCases.StorageFormats)
        {
            using var product = new ProductCase(format, (7, 19, 5), false, false);
            using var saved = TestTensor.Of(
                format,
                7,
                19,
                (row, column) => Activations.SavesOutput(kind) ? ReferenceMath.Activation(kind, Z(row, column)) : Z(row, column));
            var arguments = product.Arguments;
            Matmul.Run(device, arguments with { GradientOf = kind, Saved = saved });

            for (int row = 0; row < product.M; row++)
            {
                for (int column = 0; column < product.N; column++)
                {
                    double expected = product.Chain(row, column) * DerivativeFromSaved(kind, saved[row, column]);
                    double half = ReferenceRounding.Unit(format, expected) / 2;
                    Tolerance.AssertClose(expected, product.C[row, column], half + 2e-7, 1e-6, $"{path}, {kind}, {format}");
                }
            }
        }

        static double Z(int row, int column) => ((row * 19) + column - 66) / 20.0;
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_GradientOfReluOverWholeTiles_IsTheChainWhereReluGaveMore(SimdPath path, NumericFormat format)
    {
        // Whole tiles and what is left of them; rows of what ReLU gave as far apart as those of C, and not.
        foreach (int extraPitch in new[] { 0, 1 })
        {
            using var device = new CpuDevice(2, path);
            using var product = new ProductCase(format, (26, 70, 300), false, false);
            using var saved = TestTensor.Random(format.Storage(), product.M, product.N, 4, extraPitch: extraPitch);
            var arguments = product.Arguments;
            Matmul.Run(device, arguments with { GradientOf = ActivationKind.Relu, Saved = saved });

            product.AssertChain($"{path}, {format}, {extraPitch}", (sum, row, column) => saved[row, column] > 0 ? sum : 0);
            product.C.AssertPaddingUntouched();
        }
    }

    [TestMethod]
    public void Run_GradientOfTanh_DoesNotRoundTheProductFirst()
    {
        // 1 + u/2 times 1 − y² with y = 2⁻⁵: rounding the product first would lose the u/2, which the result shows.
        double u = ReferenceRounding.Unit(NumericFormat.Float16, 1);
        double factor = 1 - Math.ScaleB(1, -10);
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(NumericFormat.Float16, 1, 2, (_, k) => k == 0 ? 1 : u / 2);
        using var b = TestTensor.Of(NumericFormat.Float16, 2, 1, (_, _) => 1);
        using var saved = TestTensor.Of(NumericFormat.Float16, 1, 1, (_, _) => Math.ScaleB(1, -5));
        using var c = new TestTensor(NumericFormat.Float16, 1, 1);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, C = c, GradientOf = ActivationKind.Tanh, Saved = saved });

        Assert.AreNotEqual(
            ReferenceRounding.Round(NumericFormat.Float16, factor),
            ReferenceRounding.Round(NumericFormat.Float16, (1 + (u / 2)) * factor));
        Assert.AreEqual(ReferenceRounding.Round(NumericFormat.Float16, (1 + (u / 2)) * factor), c[0, 0]);
    }

    [TestMethod]
    public void Run_GradientOfReluWithZeroOutput_IsZeroEvenForInfinity()
    {
        using var device = new CpuDevice(1);
        using var a = TestTensor.Of(NumericFormat.Float16, 2, 1, (row, _) => row == 0 ? double.PositiveInfinity : double.NaN);
        using var b = TestTensor.Of(NumericFormat.Float16, 1, 20, (_, _) => 1);
        using var saved = TestTensor.Of(NumericFormat.Float16, 2, 20, (_, column) => column % 2);
        using var c = new TestTensor(NumericFormat.Float16, 2, 20);

        Matmul.Run(device, new MatmulArguments { A = a, B = b, C = c, GradientOf = ActivationKind.Relu, Saved = saved });

        for (int column = 0; column < 20; column++)
        {
            Assert.AreEqual(column % 2 == 0 ? 0 : double.PositiveInfinity, c[0, column]);
            Assert.AreEqual(column % 2 == 0 ? 0 : double.NaN, c[1, column]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_Accumulate_AddsToOldResultInFloat32(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (var shape in Shapes)
        {
            using var product = new ProductCase(format, shape, true, false, result: NumericFormat.Float32);
            using var old = TestTensor.Random(NumericFormat.Float32, shape.M, shape.N, 4);
            CastKernel.Run(device, old, product.C);
            var arguments = product.Arguments;
            Matmul.Run(device, arguments with { Accumulate = true });

            product.AssertChain($"{path}, {format}", (sum, row, column) => sum + (float)old[row, column]);
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndFormats))]
    public void Run_NoDepth_GivesEpilogueOfZero(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        using var product = new ProductCase(format, (5, 9, 0), false, true);
        using var bias = TestTensor.Random(format.Storage(), 1, 9, 3);
        var arguments = product.Arguments;
        Matmul.Run(device, arguments with { Bias = bias });

        product.AssertChain($"{path}, {format}", (_, _, column) => (float)bias[0, column]);
    }

    [TestMethod]
    [DataRow(0, 5)]
    [DataRow(5, 0)]
    public void Run_EmptyResult_DoesNothing(int m, int n)
    {
        using var device = new CpuDevice(2);
        using var product = new ProductCase(NumericFormat.Float16, (m, n, 3), false, true);

        Matmul.Run(device, product.Arguments);

        product.C.AssertPaddingUntouched();
    }

    private static double Stored(NumericFormat format, ActivationKind kind, double z)
        => ReferenceRounding.Round(format, ReferenceMath.Activation(kind, z));

    private static bool IsFarFromTie(NumericFormat format, double y)
        => ReferenceRounding.Round(format, y * (1 + 1e-6)) == ReferenceRounding.Round(format, y * (1 - 1e-6));

    private static double DerivativeFromSaved(ActivationKind kind, double saved) => kind switch
    {
        ActivationKind.Relu => saved > 0 ? 1 : 0,
        ActivationKind.Tanh => 1 - (saved * saved),
        ActivationKind.Sigmoid => saved * (1 - saved),
        _ => ReferenceMath.Derivative(kind, saved),
    };
}
