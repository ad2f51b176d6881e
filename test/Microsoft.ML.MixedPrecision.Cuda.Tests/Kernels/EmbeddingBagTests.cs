using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Products of sparse rows, and the sums of what comes back, on a card: the CPU's bits.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class EmbeddingBagTests : CudaDeviceTest
{
    /// <summary>
    /// Examples, entries of one at most, slots, columns: entries around a chunk and around what the warps of a block take at once; slots in
    /// fewer and in more examples than a chunk; columns with and without a rest, and more than a block's.
    /// </summary>
    public static IEnumerable<object[]> Cases
        => from format in StorageFormats
           from shape in new[]
           {
               (1, 1, 1, 1), (3, 64, 64, 8), (5, 65, 70, 9), (2, 513, 600, 32), (300, 4, 5, 33), (900, 3, 3, 40), (40, 700, 100_000, 32),
           }
           select new object[] { format, shape.Item1, shape.Item2, shape.Item3, shape.Item4 };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat format, int examples, int most, int slots, int columns)
    {
        SparseEntry[] entries = Entries(examples, most, slots);
        using TestTensor table = Awkward(format, slots, columns, 1), dy = Awkward(format, examples, columns, 2),
            y = new(format, examples, columns, 2), cpuY = new(format, examples, columns);
        using DeviceMemory onCard = Upload<SparseEntry>(entries), onHost = Cpu.Allocate(entries.Length * SparseEntry.Bytes);
        Cpu.Write<SparseEntry>(onHost.Address, entries);
        EmbeddingIds cudaIds = Ids(onCard.Address, examples, most), cpuIds = Ids(onHost.Address, examples, most);
        using (CudaTensor cudaTable = Upload(table), cudaY = Upload(y))
        {
            EmbeddingBagKernel.Forward(Device, cudaIds, cudaTable, cudaY);
            EmbeddingBagKernel.Forward(Cpu, cpuIds, table, cpuY);
            AssertSameBits(cpuY, cudaY.Download(), "y");
        }

        using CudaTensor cudaDy = Upload(dy);
        foreach (bool accumulate in new[] { false, true })
        {
            using TestTensor dtable = TestTensor.Random(NumericFormat.Float32, slots, columns, 3, extraPitch: 1),
                expected = TestTensor.Random(NumericFormat.Float32, slots, columns, 3);
            using CudaTensor cudaDtable = Upload(dtable);
            EmbeddingBagKernel.Backward(Device, cudaIds, cudaDy, cudaDtable, accumulate);
            EmbeddingBagKernel.Backward(Cpu, cpuIds, dy, expected, accumulate);
            AssertSameBits(expected, cudaDtable.Download(), $"dtable, accumulate {accumulate}");
        }
    }

    /// <summary>Neither read nor written outside the table: the row is NaN, the others and all gradients as if the entry were not
    /// there.</summary>
    [TestMethod]
    [DataRow(9)]
    [DataRow(int.MaxValue)]
    [DataRow(-7)]
    public void Run_SlotsOutsideTheTable_GiveNaNAndCountForNothing(int slot)
    {
        SparseEntry[] entries = [new(0, 2), new(slot, 1), new(3, 5), new(SparseEntry.None, 0)];
        using TestTensor table = TestTensor.Random(NumericFormat.Float32, 9, 5, seed: 1), y = new(NumericFormat.Float32, 2, 5),
            dy = TestTensor.Random(NumericFormat.Float32, 2, 5, seed: 2), dtable = new(NumericFormat.Float32, 9, 5);
        using CudaTensor cudaTable = Upload(table), cudaY = Upload(y), cudaDy = Upload(dy), cudaDtable = Upload(dtable);
        using DeviceMemory words = Upload<SparseEntry>(entries);

        EmbeddingBagKernel.Forward(Device, Ids(words.Address, 2, 2), cudaTable, cudaY);
        EmbeddingBagKernel.Backward(Device, Ids(words.Address, 2, 2), cudaDy, cudaDtable, accumulate: false);

        cudaY.Download();
        cudaDtable.Download();
        for (int column = 0; column < 5; column++)
        {
            Assert.AreEqual(double.NaN, y[0, column]);
            Assert.AreEqual((float)table[3, column] * 5, (float)y[1, column]);
            for (int row = 0; row < 9; row++)
            {
                float expected = row == 0 ? 2 * (float)dy[0, column] : row == 3 ? 5 * (float)dy[1, column] : 0;
                Assert.AreEqual(expected, (float)dtable[row, column], $"gradient of ({row}, {column})");
            }
        }
    }

    private static EmbeddingIds Ids(nint address, int examples, int most)
        => new("bag", new Words(address, ElementKind.Entry, examples, most), most, null);

    /// <summary>Low slots more often than high ones, as words are; full examples, empty ones, and what is between.</summary>
    private static SparseEntry[] Entries(int examples, int most, int slots)
    {
        var random = new Random(7);
        var entries = new SparseEntry[examples * most];
        Array.Fill(entries, new SparseEntry(SparseEntry.None, float.NaN));
        for (int example = 0; example < examples; example++)
        {
            int count = example % 3 == 0 ? most : example % 3 == 1 ? random.Next(most + 1) : example % 2 == 0 ? 0 : most;
            for (int i = 0; i < count; i++)
            {
                entries[(example * most) + i] = new((int)(slots * Math.Pow(random.NextDouble(), 3)), random.NextSingle() - 0.5f);
            }
        }

        return entries;
    }
}
