using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Looking rows up and summing what comes back, on a card: the CPU's bits.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class EmbeddingTests : CudaDeviceTest
{
    /// <summary>
    /// Positions around a warp, a chunk and a tile of the sort; ids of one, two and three digits, fewer and more than positions; columns
    /// with and without a rest, and more than a block's.
    /// </summary>
    public static IEnumerable<object[]> Cases
        => from format in StorageFormats
           from shape in new[]
           {
               (1, 1, 1), (0, 3, 4), (31, 5, 8), (64, 1, 9), (65, 1, 9), (513, 1, 300), (4096, 255, 7), (4097, 256, 8), (9000, 3, 33),
               (5000, 65535, 2), (70000, 70000, 3), (20000, 50, 64),
           }
           select new object[] { format, shape.Item1, shape.Item2, shape.Item3 };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat format, int count, int rows, int columns)
        => Compare(format, Skewed(count, rows), rows, columns, padding: rows > 2 ? 1 : null);

    /// <summary>Some 10⁶ ids: hundreds of tiles, so that the scan over tiles and digits runs over more than one element a thread.</summary>
    [TestMethod]
    public void Run_AMillionIds_HasTheCpusBits() => Compare(NumericFormat.BFloat16, Skewed(1_100_000, 50_257), 50_257, 8, padding: 0);

    [TestMethod]
    public void Run_OneIdOnly_HasTheCpusBits() => Compare(NumericFormat.Float16, new int[100_000], 3, 257, padding: null);

    /// <summary>Neither read nor written outside the table; the rows are NaN, the others and all gradients as if the ids were not
    /// there.</summary>
    [TestMethod]
    public void Run_IdsOutsideTheTable_GiveNaNAndCountForNothing()
    {
        int[] ids = [3, -1, 0, 9, int.MinValue, 3, int.MaxValue, 8];
        using TestTensor table = TestTensor.Random(NumericFormat.Float32, 9, 5, seed: 1), y = new(NumericFormat.Float32, 8, 5),
            dy = TestTensor.Random(NumericFormat.Float32, 8, 5, seed: 2), dtable = new(NumericFormat.Float32, 9, 5);
        using CudaTensor cudaTable = Upload(table), cudaY = Upload(y), cudaDy = Upload(dy), cudaDtable = Upload(dtable);
        using DeviceMemory words = Upload<int>(ids);
        EmbeddingIds onCard = Ids(words.Address, ids.Length, padding: null);
        EmbeddingKernel.Forward(Device, onCard, cudaTable, cudaY);
        EmbeddingKernel.Backward(Device, onCard, cudaDy, cudaDtable, accumulate: false);

        cudaY.Download();
        cudaDtable.Download();
        for (int column = 0; column < 5; column++)
        {
            for (int row = 0; row < 8; row++)
            {
                Assert.AreEqual(ids[row] is >= 0 and < 9 ? table[ids[row], column] : double.NaN, y[row, column], $"({row}, {column})");
            }

            for (int id = 0; id < 9; id++)
            {
                double expected = id switch
                {
                    3 => (float)dy[0, column] + (float)dy[5, column],
                    0 => dy[2, column],
                    8 => dy[7, column],
                    _ => 0,
                };
                Assert.AreEqual(expected, dtable[id, column], $"gradient of ({id}, {column})");
            }
        }
    }

    private void Compare(NumericFormat format, int[] ids, int rows, int columns, int? padding)
    {
        using TestTensor table = Awkward(format, rows, columns, 1), dy = Awkward(format, ids.Length, columns, 2),
            y = new(format, ids.Length, columns, 2), cpuY = new(format, ids.Length, columns);
        using DeviceMemory onCard = Upload<int>(ids.Length == 0 ? [0] : ids), onHost = Cpu.Allocate(Math.Max(ids.Length, 1) * sizeof(int));
        Cpu.Write<int>(onHost.Address, ids);
        EmbeddingIds cudaIds = Ids(onCard.Address, ids.Length, padding), cpuIds = Ids(onHost.Address, ids.Length, padding);
        using (CudaTensor cudaTable = Upload(table), cudaY = Upload(y))
        {
            EmbeddingKernel.Forward(Device, cudaIds, cudaTable, cudaY);
            EmbeddingKernel.Forward(Cpu, cpuIds, table, cpuY);
            AssertSameBits(cpuY, cudaY.Download(), "y");
        }

        using CudaTensor cudaDy = Upload(dy);
        foreach (bool accumulate in new[] { false, true })
        {
            using TestTensor dtable = TestTensor.Random(NumericFormat.Float32, rows, columns, 3, extraPitch: 1),
                expected = TestTensor.Random(NumericFormat.Float32, rows, columns, 3);
            using CudaTensor cudaDtable = Upload(dtable);
            EmbeddingKernel.Backward(Device, cudaIds, cudaDy, cudaDtable, accumulate);
            EmbeddingKernel.Backward(Cpu, cpuIds, dy, expected, accumulate);
            AssertSameBits(expected, cudaDtable.Download(), $"dtable, accumulate {accumulate}");
        }
    }

    private static EmbeddingIds Ids(nint address, int count, int? padding)
        => new("tokens", new Words(address, ElementKind.Int32, count, 1), 1, padding);

    /// <summary>Low ids more often than high ones, as words are.</summary>
    private static int[] Skewed(int count, int rows)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => (int)(rows * Math.Pow(random.NextDouble(), 3)))];
    }
}
