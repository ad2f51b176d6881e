using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Column sums: the order, and so the bits, of the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class BiasGradientTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats
        => from format in StorageFormats from accumulate in new[] { false, true } select new object[] { format, accumulate };

    public static IEnumerable<object[]> Kinds
        => Enum.GetValues<ActivationKind>().Where(kind => kind != ActivationKind.None).Select(kind => new object[] { kind });

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat format, bool accumulate)
    {
        // The last two take four columns a thread, the last more blocks of rows than are added up at once.
        foreach ((int rows, int columns) in ((int, int)[])[.. Shapes, (63, 5), (64, 64), (65, 130), (1000, 3), (4097, 4100), (40000, 523)])
        {
            using TestTensor dz = TestTensor.Random(format, rows, columns, rows), expected = TestTensor.Random(
                NumericFormat.Float32,
                1,
                columns,
                9);
            using TestTensor actual = TestTensor.Random(NumericFormat.Float32, 1, columns, 9);
            using CudaTensor cudaDz = Upload(dz), db = Upload(actual);
            BiasGradient.Run(Cpu, dz, expected, accumulate);
            BiasGradient.Run(Device, cudaDz, db, accumulate);
            AssertSameBits(expected, db.Download(), $"{format} ({rows}, {columns})");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Run_BehindAnActivation_HasTheCpusBits(ActivationKind kind)
    {
        foreach (
            (NumericFormat of, NumericFormat to) in ((NumericFormat, NumericFormat)[])[
                (NumericFormat.Float16, NumericFormat.Float16),
                (NumericFormat.Float32, NumericFormat.BFloat16),
                (NumericFormat.Float32, NumericFormat.Float32)])
        {
            foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (67, 31), (130, 129), (4097, 4104)])
            {
                using TestTensor x = TestTensor.Random(of, rows, columns, 2), saved = TestTensor.Random(to, rows, columns, 3);
                using TestTensor expectedDz = new(to, rows, columns), actualDz = new(to, rows, columns), expected = TestTensor.Random(
                    NumericFormat.Float32,
                    1,
                    columns,
                    9), actual = TestTensor.Random(NumericFormat.Float32, 1, columns, 9);
                Activations.Backward(Cpu, kind, x, saved, expectedDz);
                BiasGradient.Run(Cpu, expectedDz, expected, accumulate: true);

                using CudaTensor cudaX = Upload(x), cudaSaved = Upload(saved), dz = Upload(actualDz), db = Upload(actual);
                BiasGradient.Run(Device, kind, cudaX, cudaSaved, dz, db, accumulate: true);
                AssertSameBits(expectedDz, dz.Download(), $"dz, {kind} {of} to {to} ({rows}, {columns})");
                AssertSameBits(expected, db.Download(), $"db, {kind} {of} to {to} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    public void Run_AgainstBinary64_IsWithinTheRoundingOfSums()
    {
        using TestTensor dz = TestTensor.Random(NumericFormat.Float16, 300, 37, 1), actual = new(NumericFormat.Float32, 1, 37);
        using CudaTensor cudaDz = Upload(dz), db = Upload(actual);
        BiasGradient.Run(Device, cudaDz, db, accumulate: false);
        db.Download();
        for (int column = 0; column < 37; column++)
        {
            double sum = 0, size = 0;
            for (int row = 0; row < 300; row++)
            {
                (sum, size) = (sum + dz[row, column], size + Math.Abs(dz[row, column]));
            }

            Tolerance.AssertClose(sum, actual[0, column], 300 * 6e-8 * size, 0, $"column {column}");
        }
    }
}
