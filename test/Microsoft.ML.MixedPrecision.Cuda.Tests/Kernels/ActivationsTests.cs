using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Activations, alone and after a bias: the bits of the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class ActivationsTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Kinds => Enum.GetValues<ActivationKind>().Select(kind => new object[] { kind });

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Forward_EveryFormatAndShape_HasTheCpusBits(ActivationKind kind)
    {
        foreach ((NumericFormat from, NumericFormat to) in Pairs())
        {
            foreach ((int rows, int columns) in Shapes)
            {
                using TestTensor x = Awkward(from, rows, columns, 1),
                expected = new(to, rows, columns, 1),
                actual = new(to, rows, columns, 1);
                using CudaTensor cudaX = Upload(x), y = Upload(actual);
                Activations.Forward(Cpu, kind, x, expected);
                Activations.Forward(Device, kind, cudaX, y);
                AssertSameBits(expected, y.Download(), $"{kind} {from} to {to} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Forward_OrdinaryNumbers_IsTheFormula(ActivationKind kind)
    {
        foreach (NumericFormat format in StorageFormats)
        {
            using TestTensor x = TestTensor.Of(
                format,
                9,
                101,
                (row, column) => (((row * 101) + column) / 50.0) - 9), actual = new(format, 9, 101);
            using CudaTensor cudaX = Upload(x), y = Upload(actual);
            Activations.Forward(Device, kind, cudaX, y);
            y.Download();
            for (int i = 0; i < 9 * 101; i++)
            {
                var (row, column) = Math.DivRem(i, 101);
                double expected = ReferenceMath.Activation(kind, x[row, column]);
                double unit = ReferenceRounding.Unit(format, expected);
                // Far out, the tanh form multiplies the rounding of its argument, up to 70, by as much.
                Tolerance.AssertClose(
                    expected,
                    actual[row, column],
                    unit * 0.5,
                    kind == ActivationKind.Gelu ? 1e-5 : 1e-6,
                    $"{kind}({x[row, column]}) in {format}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Backward_EveryFormatAndShape_HasTheCpusBits(ActivationKind kind)
    {
        foreach ((NumericFormat from, NumericFormat to) in Pairs())
        {
            foreach ((int rows, int columns) in Shapes)
            {
                using TestTensor dy = Awkward(from, rows, columns, 2), saved = Awkward(to, rows, columns, 3);
                using TestTensor expected = new(to, rows, columns), actual = new(to, rows, columns);
                using CudaTensor cudaDy = Upload(dy), cudaSaved = Upload(saved), dx = Upload(actual);
                Activations.Backward(Cpu, kind, dy, saved, expected);
                Activations.Backward(Device, kind, cudaDy, cudaSaved, dx);
                AssertSameBits(expected, dx.Download(), $"{kind}' {from} to {to} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    public void Forward_InPlaceOverUnalignedRows_HasTheCpusBits()
    {
        using TestTensor x = Awkward(NumericFormat.Float16, 40, 37, 4), expected = new(NumericFormat.Float16, 40, 37);
        Activations.Forward(Cpu, ActivationKind.Silu, x, expected);
        using CudaTensor cudaX = Upload(x);
        // Rows of 35 from the third element on: no vector is aligned.
        Tensor inner = cudaX.Value with { Address = cudaX.Value.Address + 6, Columns = 34 };
        Activations.Forward(Device, ActivationKind.Silu, inner, inner);
        cudaX.Download();
        for (int row = 0; row < 40; row++)
        {
            for (int column = 3; column < 37; column++)
            {
                Assert.AreEqual(expected[row, column], x[row, column], $"({row}, {column})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void BiasActivation_EveryFormatAndShape_RoundsOnce(ActivationKind kind)
    {
        foreach ((NumericFormat of, NumericFormat to) in Pairs())
        {
            foreach ((int rows, int columns) in Shapes)
            {
                using TestTensor product = Awkward(NumericFormat.Float32, rows, columns, 5), bias = TestTensor.Random(of, 1, columns, 6);
                using TestTensor sum = TestTensor.Of(
                    NumericFormat.Float32,
                    rows,
                    columns,
                    (row, column) => (float)product[row, column] + (float)bias[0, column]);
                using TestTensor expectedZ = new(to, rows, columns),
                expectedY = new(to, rows, columns),
                actualZ = new(to, rows, columns),
                actualY = new(to, rows, columns);
                CastKernel.Run(Cpu, sum, expectedZ);
                Activations.Forward(Cpu, kind, sum, expectedY);

                using CudaTensor x = Upload(product), b = Upload(bias), z = Upload(actualZ), y = Upload(actualY);
                BiasActivation.Run(Device, kind, x, b, z, y);
                AssertSameBits(expectedZ, z.Download(), $"pre-activation {of} to {to} ({rows}, {columns})");
                AssertSameBits(expectedY, y.Download(), $"{kind} {of} to {to} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    public void BiasActivation_WithoutBiasAndPreActivation_Activates()
    {
        using TestTensor x = Awkward(NumericFormat.Float32, 5, 9, 7),
        expected = new(NumericFormat.BFloat16, 5, 9),
        actual = new(NumericFormat.BFloat16, 5, 9);
        Activations.Forward(Cpu, ActivationKind.Gelu, x, expected);
        using CudaTensor cudaX = Upload(x), y = Upload(actual);
        BiasActivation.Run(Device, ActivationKind.Gelu, cudaX, default, default, y);
        AssertSameBits(expected, y.Download(), "without bias");
    }

    private static IEnumerable<(NumericFormat From, NumericFormat To)> Pairs()
        => from one in StorageFormats from other in StorageFormats select (one, other);
}
