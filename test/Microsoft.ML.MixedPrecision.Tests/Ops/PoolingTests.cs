using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The gradient of the largest step, which central differences cannot show where steps are equal.</summary>
[TestClass]
public sealed unsafe class PoolingTests
{
    /// <summary>Examples of three steps, of none, of one; one row of none.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    [DataRow(NumericFormat.BFloat16)]
    public void Backward_Largest_GoesToTheFirstStepThatIsTheLargest(NumericFormat format)
    {
        double[][] x = [[1, -5, 2], [3, -4, 2], [3, -6, 1], [-7, 0, 7], [9, 9, 9]];
        double[][] dy = [[0.5, -1, 2], [8, 8, 8], [-4, 3, 0.25]];
        double[][] expected = [[0, 0, 2], [0.5, -1, 0], [0, 0, 0], [-4, 3, 0.25], [0, 0, 0]];
        int[] ends = [3, 3, 4];
        using TestTensor given = Of(format, x), gradient = Of(format, dy), dx = TestTensor.Of(format, x.Length, 3, (_, _) => double.NaN);
        using var device = new CpuDevice(2);

        fixed (int* first = ends)
        {
            PoolingKernel.Backward(device, Pooling.Max, given, gradient, dx, new ExamplePlaces((nint)first, ends.Length, 3));
        }

        for (int row = 0; row < x.Length; row++)
        {
            for (int column = 0; column < 3; column++)
            {
                Assert.AreEqual(expected[row][column], dx[row, column], $"row {row}, column {column}");
            }
        }
    }

    private static TestTensor Of(NumericFormat format, double[][] rows)
        => TestTensor.Of(format, rows.Length, rows[0].Length, (row, column) => rows[row][column]);
}
