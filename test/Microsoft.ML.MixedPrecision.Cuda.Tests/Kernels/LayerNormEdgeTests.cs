using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Ops;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Layer normalisation where rows, or what is asked for, are out of the ordinary; each with rows that a block holds and with wider
/// ones.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class LayerNormEdgeTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Forward_ConstantRow_IsExactlyTheShift(NumericFormat format)
    {
        foreach (int columns in new[] { 1, 3, 7, 17, 100, 1000, 4097, 20000 })
        {
            using var norm = new LayerNormCase(
                format,
                4,
                columns,
                value: (row, _) => row switch { 0 => 0, 1 => 0.1, 2 => -12345.678, _ => 3 });
            using var y = new TestTensor(NumericFormat.Float32, 4, columns);
            using CudaTensor cudaY = Upload(y);
            using var cuda = new CudaLayerNormCase(Device, norm);
            cuda.Forward(cuda.Arguments(ActivationKind.None) with { Y = cudaY });
            cuda.Backward(cuda.Arguments(ActivationKind.None), cuda.Gradients());
            cudaY.Download();
            cuda.Download();
            for (int i = 0; i < 4 * columns; i++)
            {
                var (row, column) = Math.DivRem(i, columns);
                Assert.AreEqual(norm.Shift[0, column], y[row, column], $"{columns} columns, row {row}, column {column}");
                Assert.IsTrue(double.IsFinite(norm.Dx[row, column]));
                Assert.AreEqual(0, norm.DScale[0, column]);
            }
        }
    }

    [TestMethod]
    public void Backward_LargeConstantRow_IsFinite()
    {
        // What lies behind the end of such a row would have an infinite x̂.
        using var norm = new LayerNormCase(NumericFormat.Float32, 2, 1, value: (_, _) => 1e38);
        using var cuda = new CudaLayerNormCase(Device, norm);
        cuda.Forward(cuda.Arguments(ActivationKind.Tanh));
        cuda.Backward(cuda.Arguments(ActivationKind.Tanh), cuda.Gradients());
        cuda.Download();
        Assert.AreEqual(0, norm.Dx[0, 0]);
        Assert.AreEqual(0, norm.Dx[1, 0]);
    }

    [TestMethod]
    public void ForwardAndBackward_NaNOrInfinity_StayInTheirRow()
    {
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            foreach (int columns in new[] { 37, 2500, 8500 })
            {
                using var norm = new LayerNormCase(
                    NumericFormat.Float16,
                    4,
                    columns,
                    value: (row, column) => row == 2 && column == 33 ? bad : Math.Sin((row * 37) + column));
                using var cuda = new CudaLayerNormCase(Device, norm);
                cuda.Forward(cuda.Arguments(ActivationKind.Relu));
                cuda.Backward(cuda.Arguments(ActivationKind.Relu), cuda.Gradients());
                cuda.Download();
                for (int i = 0; i < 4 * columns; i++)
                {
                    var (row, column) = Math.DivRem(i, columns);
                    Assert.AreEqual(row == 2, double.IsNaN(norm.Y[row, column]), $"y {row}, {column}");
                    Assert.AreEqual(row == 2, double.IsNaN(norm.Dx[row, column]), $"dx {row}, {column}");
                    Assert.IsTrue(double.IsNaN(norm.DScale[0, column]), $"dscale {column}: the step must be seen to be not finite");
                }
            }
        }
    }

    [TestMethod]
    public void Forward_SquaresBeyondFloat32_GiveTheActivationOfTheShift()
    {
        using var norm = new LayerNormCase(NumericFormat.Float32, 1, 100, value: (_, column) => column % 2 == 0 ? 1e25 : -1e25);
        using var cuda = new CudaLayerNormCase(Device, norm);
        cuda.Forward(cuda.Arguments(ActivationKind.None));
        cuda.Download();
        Assert.AreEqual(0, norm.Statistics[0, 2]);
        for (int column = 0; column < 100; column++)
        {
            Assert.AreEqual(norm.Shift[0, column], norm.Y[0, column]);
        }
    }

    [TestMethod]
    public void Backward_Accumulating_Adds()
    {
        foreach (int columns in new[] { 70, 2500, 8500 })
        {
            using var norm = new LayerNormCase(NumericFormat.Float16, 70, columns);
            using var cuda = new CudaLayerNormCase(Device, norm);
            cuda.Forward(cuda.Arguments(ActivationKind.Gelu));
            cuda.Backward(cuda.Arguments(ActivationKind.Gelu), cuda.Gradients());
            cuda.Download();
            double[] scale = [.. Enumerable.Range(0, columns).Select(column => norm.DScale[0, column])];
            double[] shift = [.. Enumerable.Range(0, columns).Select(column => norm.DShift[0, column])];

            cuda.Backward(cuda.Arguments(ActivationKind.Gelu), cuda.Gradients() with { Accumulate = true });
            cuda.Download();

            for (int column = 0; column < columns; column++)
            {
                Assert.AreEqual(2 * scale[column], norm.DScale[0, column]);
                Assert.AreEqual(2 * shift[column], norm.DShift[0, column]);
            }
        }
    }

    [TestMethod]
    public void Backward_NotAskedFor_WritesNothing()
    {
        foreach (int columns in new[] { 9, 2500, 8500 })
        {
            using var norm = new LayerNormCase(NumericFormat.Float16, 3, columns);
            using var cuda = new CudaLayerNormCase(Device, norm);
            cuda.Forward(cuda.Arguments(ActivationKind.Relu) with { Statistics = default });
            cuda.Download();
            Assert.IsTrue(Array.TrueForAll(norm.Statistics.Bits(), bits => bits == 0));
            cuda.Forward(cuda.Arguments(ActivationKind.Relu));
            cuda.Backward(cuda.Arguments(ActivationKind.Relu), cuda.Gradients() with { Dx = default });
            cuda.Download();
            Assert.IsTrue(Array.TrueForAll(norm.Dx.Bits(), bits => bits == 0));
            double kept = norm.DShift[0, 1];
            LayerNormKernel.Backward(
                Device,
                cuda.Arguments(ActivationKind.Relu),
                cuda.Gradients() with { DScale = default, DShift = default, Accumulate = true },
                0);
            cuda.Download();

            Assert.IsTrue(Array.Exists(norm.Dx.Bits(), bits => bits != 0));
            Assert.AreEqual(kept, norm.DShift[0, 1]);
        }
    }

    [TestMethod]
    public void ForwardAndBackward_NoRows_GiveZeroSums()
    {
        using var norm = new LayerNormCase(NumericFormat.Float16, 2, 5);
        using var cuda = new CudaLayerNormCase(Device, norm);
        LayerNormArguments some = cuda.Arguments(ActivationKind.Relu);
        LayerNormArguments none = some with
        {
            X = some.X with { Rows = 0 },
            Statistics = some.Statistics with { Rows = 0 },
            Y = some.Y with { Rows = 0 },
        };
        LayerNormGradients gradients = cuda.Gradients();
        cuda.Forward(none);
        cuda.Backward(none, gradients with { Dy = gradients.Dy with { Rows = 0 }, Dx = gradients.Dx with { Rows = 0 } });
        cuda.Download();
        Assert.AreEqual(0L, LayerNormKernel.CudaScratchBytes(0, 5));
        Assert.IsTrue(Array.TrueForAll(norm.DScale.Bits(), bits => bits == 0));
        Assert.IsTrue(Array.TrueForAll(norm.DShift.Bits(), bits => bits == 0));
    }

    [TestMethod]
    public void ForwardAndBackward_TensorsThatDoNotFit_SaySo()
    {
        using var norm = new LayerNormCase(NumericFormat.Float16, 3, 4);
        using var other = new TestTensor(NumericFormat.Float32, 1, 3);
        LayerNormArguments good = norm.Arguments(ActivationKind.Relu);
        Assert.ThrowsExactly<ArgumentException>(() => LayerNormKernel.Forward(Device, good with { Y = other }));
        Assert.ThrowsExactly<ArgumentException>(
            () => LayerNormKernel.Backward(Device, good with { Statistics = default }, norm.Gradients(), 0));
        Assert.ThrowsExactly<ArgumentException>(() => LayerNormKernel.Backward(Device, good, norm.Gradients() with { DShift = other }, 0));
    }
}
