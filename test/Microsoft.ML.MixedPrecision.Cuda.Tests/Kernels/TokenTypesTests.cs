using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Types of tokens on a card: the CPU's types, rows and sums, bit for bit.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class TokenTypesTests : CudaDeviceTest
{
    private const int Separator = 4;

    /// <summary>Examples of no token, of around a warp's rows, and of several warps' rows; then rows of no example.</summary>
    private static readonly int[] Lengths = [5, 0, 31, 32, 33, 1, 300, 64, 0, 517];

    public static IEnumerable<object[]> Formats
        => from format in StorageFormats from columns in new[] { 1, 7, 8, 261 } select new object[] { format, columns };

    /// <summary>Ids of which none, one or several separate, at the ends of a warp's rows too.</summary>
    [TestMethod]
    [DataRow(3)]
    [DataRow(40)]
    [DataRow(5000)]
    public void Find_ExamplesOfManyLengths_HasTheCpusTypes(int vocabulary)
    {
        int[] ids = Ids(vocabulary);
        using DeviceMemory given = Upload<int>(ids), ends = Upload<int>(Ends), found = Upload<int>(new int[ids.Length]);

        TokenTypesKernel.Find(
            Device, Words(given, ids.Length), Separator, Words(found, ids.Length), new ExamplePlaces(ends.Address, Lengths.Length, 517));

        CollectionAssert.AreEqual(Expected(ids), Download<int>(found));
    }

    /// <summary>Without ends; and without examples, of which every row is of none.</summary>
    [TestMethod]
    [DataRow(3, new[] { 0, 0, 1, 0, 0, 0, 0, 1, 1, -1 })]
    [DataRow(0, new[] { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 })]
    public void Find_ExamplesOfEqualLength_EndsWhereTheyDo(int examples, int[] expected)
    {
        using DeviceMemory ids = Upload<int>([1, 4, 2, 3, 3, 4, 4, 0, 0, 4]), found = Upload<int>(new int[10]);

        TokenTypesKernel.Find(Device, Words(ids, 10), Separator, Words(found, 10), new ExamplePlaces(0, examples, 3));

        CollectionAssert.AreEqual(expected, Download<int>(found));
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void ForwardAndBackward_EveryFormat_HaveTheCpusBits(NumericFormat format, int columns)
    {
        int[] types = Expected(Ids(vocabulary: 40));
        using DeviceMemory onCard = Upload<int>(types), onHost = Cpu.Allocate((long)types.Length * sizeof(int));
        Cpu.Write<int>(onHost.Address, types);
        Words card = Words(onCard, types.Length), host = Words(onHost, types.Length);
        using TestTensor x = TestTensor.Random(format, types.Length, columns, seed: 1),
            table = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 2);
        using CudaTensor cardX = Upload(x), cardTable = Upload(table);
        foreach (NumericFormat to in StorageFormats)
        {
            using TestTensor expected = new(to, types.Length, columns), actual = new(to, types.Length, columns);
            using CudaTensor y = Upload(actual);
            TokenTypesKernel.Forward(Cpu, x, host, table, expected);
            TokenTypesKernel.Forward(Device, cardX, card, cardTable, y);
            AssertSameBits(expected, y.Download(), $"y, {format} to {to}");
        }

        foreach (bool accumulate in new[] { false, true })
        {
            using TestTensor expected = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 3),
                actual = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 3);
            using CudaTensor dtable = Upload(actual);
            TokenTypesKernel.Backward(Cpu, x, host, expected, accumulate);
            TokenTypesKernel.Backward(Device, cardX, card, dtable, accumulate);
            AssertSameBits(expected, dtable.Download(), $"dtable, {format}, accumulate {accumulate}");
        }
    }

    /// <summary>A batch without rows.</summary>
    [TestMethod]
    public void Backward_NoRows_IsZero()
    {
        using DeviceMemory types = Upload<int>([0]);
        using TestTensor dy = new(NumericFormat.Float16, 0, 5), dtable = TestTensor.Of(NumericFormat.Float32, 2, 5, (_, _) => 7);
        using CudaTensor cardDy = Upload(dy), cardDtable = Upload(dtable);

        TokenTypesKernel.Backward(Device, cardDy, Words(types, 0), cardDtable, accumulate: false);

        Assert.IsFalse(cardDtable.Download().Bits().AsSpan().ContainsAnyExcept(0u));
    }

    private static int[] Ends => [.. Enumerable.Range(1, Lengths.Length).Select(count => Lengths.Take(count).Sum())];

    private static Words Words(DeviceMemory memory, int count) => new(memory.Address, ElementKind.Int32, count, 1);

    /// <summary>Below a vocabulary of 5 none separates.</summary>
    private static int[] Ids(int vocabulary)
    {
        var random = new Random(5);
        int[] ids = [.. Enumerable.Range(0, Lengths.Sum() + 70).Select(_ => random.Next(vocabulary))];
        if (vocabulary > Separator)
        {
            // The last row of a warp's, and the first of the next.
            ids[Ends[5] + 31] = Separator;
            ids[Ends[8] + 32] = Separator;
        }

        return ids;
    }

    private static int[] Expected(int[] ids)
    {
        int[] types = new int[ids.Length];
        Array.Fill(types, TokenTypesKernel.None);
        for (int example = 0, first = 0; example < Lengths.Length; first += Lengths[example++])
        {
            for (int row = first, type = 0; row < first + Lengths[example]; row++)
            {
                types[row] = type;
                type = ids[row] == Separator ? 1 : type;
            }
        }

        return types;
    }
}
