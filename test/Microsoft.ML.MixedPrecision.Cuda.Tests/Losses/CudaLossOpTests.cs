using Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Tests.Losses;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Losses;

/// <summary>Losses as operations of a plan, on a card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaLossOpTests : CudaDeviceTest
{
    /// <summary>As on the CPU: a loss of an inner value beside that of the output, which counts 0.75 times.</summary>
    [TestMethod]
    [DataRow("float32", 1, 2e-5)]
    [DataRow("float32", 3, 2e-5)]
    [DataRow("mixed_float16", 1, 6e-3)]
    [DataRow("mixed_bfloat16; layer b=Float32", 1, 5e-2)]
    public void Backward_LossesOfOutputAndInnerValue_IsTheDerivativeOfTheirSum(string policy, int rows, double tolerance)
    {
        using var data = new LossPlanCase(Device, policy, examples: 5, rows, factor: 0.75f) { Positions = (5 * rows) + 2 };
        data.Run();
        double once = data.Loss;

        Assert.AreEqual(data.Reference(), once, tolerance * data.Reference());
        data.AssertGradients(tolerance);
        Assert.AreEqual(LossPlaces.AllFinite, data.FirstNonFinite);

        data.Run(accumulate: true);
        Assert.AreEqual(2 * once, data.Loss, 1e-12 * once);
    }

    /// <summary>Nothing trains before the inner loss, whose kernel runs without a gradient to write.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Forward_WithoutGradient_Measures(bool training)
    {
        using var data = new LossPlanCase(Device, "float32", 5, 1, 0.75f, training, training ? ["a"] : []);
        data.Run();

        Assert.AreEqual(data.Reference(), data.Loss, 1e-6);
    }

    [TestMethod]
    public void Backward_PaddingOfWeightZero_HasNoLossAndNoGradient()
    {
        using var data = new LossPlanCase(Device, "float32", examples: 3, rows: 4, factor: 0) { Positions = 7 };
        int[] lengths = [1, 4, 2];
        for (int row = 0; row < 12; row++)
        {
            data.Weights[row] = row % 4 < lengths[row / 4] ? 1 : 0;
        }

        data.Run();
        Assert.AreEqual(data.Reference(), data.Loss, 1e-6);
        data.AssertGradients(2e-5);
    }
}
