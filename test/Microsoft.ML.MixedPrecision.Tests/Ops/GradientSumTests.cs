using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The sum of the gradients of a value that several operations read.</summary>
[TestClass]
internal sealed class GradientSumTests
{
    public static IEnumerable<object[]> Cases
        => from path in CpuCases.AllPaths
           from y in CpuCases.StorageFormats
           from count in new[] { 1, 3, 4, GradientSum.Most }
           select new object[] { path, y, count };

    /// <summary>Matrices of all formats, one after the other.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_MixedFormats_AddsInFloat32AndRoundsOnce(SimdPath path, NumericFormat formatY, int count)
    {
        using var device = new CpuDevice(2, path);
        foreach (int columns in CpuCases.Sizes)
        {
            TestTensor[] x = [.. Enumerable.Range(0, count)
                .Select(i => TestTensor.Random(CpuCases.StorageFormats[i % 3], 9, columns, seed: i, extraPitch: i % 2))];
            using var y = new TestTensor(formatY, 9, columns, extraPitch: 2);

            GradientSum.Run(device, [.. x.Select(tensor => (Tensor)tensor)], y);

            y.AssertPaddingUntouched();
            for (int row = 0; row < 9; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    float sum = (float)x[0][row, column];
                    foreach (TestTensor other in x.Skip(1))
                    {
                        sum += (float)other[row, column];
                    }

                    Assert.AreEqual(ReferenceRounding.Round(formatY, sum), y[row, column], $"row {row}, column {column} of {columns}");
                }
            }

            Array.ForEach(x, tensor => tensor.Dispose());
        }
    }

    [TestMethod]
    public void Run_OtherShapesOrTooMany_AreRefused()
    {
        using var device = new CpuDevice(1);
        using var narrow = new TestTensor(NumericFormat.Float32, 2, 3);
        using var wide = new TestTensor(NumericFormat.Float32, 2, 4);
        Tensor[] many = [.. Enumerable.Repeat((Tensor)narrow, GradientSum.Most + 1)];

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => GradientSum.Run(device, [narrow, wide], narrow)).Message,
            "x1 is (2, 4); (2, 3) is needed",
            StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentException>(() => GradientSum.Run(device, many, narrow));
        Assert.ThrowsExactly<ArgumentException>(() => GradientSum.Run(device, [], narrow));
    }
}
