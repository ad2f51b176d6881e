using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Rows and elements picked by index.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class GatherTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void GatherRows_EveryShape_CopiesBits(NumericFormat format)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            int[] indices = [.. Enumerable.Range(0, rows + 3).Select(i => i * 7 % rows)];
            using TestTensor source = Awkward(format, rows, columns, 1), expected = new(format, indices.Length, columns), actual = new(format, indices.Length, columns, 1);
            using CudaTensor cudaSource = Upload(source), target = Upload(actual);
            using DeviceMemory cudaIndices = Upload<int>(indices);
            fixed (int* at = indices)
                GatherRows.Run(Cpu, source, at, expected);
            GatherRows.Run(Device, cudaSource, (int*)cudaIndices.Address, target);
            AssertSameBits(expected, target.Download(), $"{format} ({rows}, {columns})");
        }
    }

    [TestMethod]
    public void GatherRows_UnalignedColumnsAndWrongIndex_CopiesTheRest()
    {
        using TestTensor source = TestTensor.Random(NumericFormat.Float16, 9, 40, 2), actual = new(NumericFormat.Float16, 3, 5);
        using CudaTensor cudaSource = Upload(source), target = Upload(actual);
        using DeviceMemory indices = Upload<int>([8, 9, -1]);
        Tensor inner = cudaSource.Value with { Address = cudaSource.Value.Address + 2, Columns = 5 };
        GatherRows.Run(Device, inner, (int*)indices.Address, target);
        target.Download();
        for (int column = 0; column < 5; column++)
        {
            Assert.AreEqual(source[8, column + 1], actual[0, column]);
            Assert.AreEqual(0, actual[1, column], "9 is no row");
            Assert.AreEqual(0, actual[2, column], "-1 is no row");
        }
        actual.AssertPaddingUntouched();
    }

    [TestMethod]
    public void GatherScalars_AnyCount_CopiesBits()
    {
        uint[] source = [.. Enumerable.Range(0, 1000).Select(i => 0x7F800001u + ((uint)i * 77777))];
        int[] indices = [.. Enumerable.Range(0, 777).Select(i => i * 31 % 1000)];
        using DeviceMemory cudaSource = Upload<uint>(source), cudaIndices = Upload<int>(indices), target = Device.Allocate(sizeof(uint) * 777);
        GatherScalars.Run(Device, (void*)cudaSource.Address, (int*)cudaIndices.Address, (void*)target.Address, 777);
        CollectionAssert.AreEqual(indices.Select(index => source[index]).ToArray(), Download<uint>(target));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, 5, true)]
    [DataRow(NumericFormat.Float32, 12, false)]
    [DataRow(NumericFormat.BFloat16, 100, true)]
    public void GatherExamples_FromTheCursorOn_TakesFeaturesLabelsAndWeights(NumericFormat format, int features, bool weighted)
    {
        const int Shift = 3, StoreRows = 21, Rows = 10, Start = 4;
        int pitch = Tensor.PitchOf(features, format) * format.BytesPerElement();
        byte[][] chunks = [.. Enumerable.Range(0, 3).Select(chunk => Chunk(chunk, pitch, Shift))];
        int[] order = [.. Enumerable.Range(0, StoreRows).Select(i => i * 5 % StoreRows)];
        order[Start + 2] = StoreRows;

        DeviceMemory[] memory = [.. chunks.Select(chunk => Upload<byte>(chunk))];
        using DeviceMemory addresses = Upload<long>([.. memory.Select(chunk => (long)chunk.Address)]), cudaOrder = Upload<int>(order), cursor = Upload<long>([Start]);
        using DeviceMemory x = Device.Allocate(Rows * pitch), labels = Device.Allocate(Rows * sizeof(int)), weights = Device.Allocate(Rows * sizeof(float));
        GatherExamples.Run(Device, new GatherExamplesArguments
        {
            Chunks = addresses.Address,
            X = new CudaMatrix(x.Address, pitch),
            Labels = labels.Address,
            Weights = weighted ? weights.Address : 0,
            Order = cudaOrder.Address,
            Cursor = cursor.Address,
            Pitch = pitch,
            Shift = Shift,
            StoreRows = StoreRows,
            Rows = Rows,
            RowBytes = features * format.BytesPerElement(),
        });

        byte[] gathered = Download<byte>(x);
        int[] gatheredLabels = Download<int>(labels);
        float[] gatheredWeights = Download<float>(weights);
        for (int i = 0; i < Rows; i++)
        {
            int number = order[Start + i];
            Assert.AreEqual(number < StoreRows ? 100 + number : -1, gatheredLabels[i]);
            Assert.AreEqual(weighted && number < StoreRows ? number / 4f : 0f, gatheredWeights[i]);
            byte[] expected = number < StoreRows ? chunks[number >> Shift][((number & 7) * pitch)..(((number & 7) * pitch) + pitch)] : new byte[pitch];
            CollectionAssert.AreEqual(expected, gathered[(i * pitch)..((i + 1) * pitch)], $"row {i}");
        }
        foreach (DeviceMemory chunk in memory)
            chunk.Dispose();
    }

    /// <summary>Features that differ from byte to byte, labels 100 + number, weights number ÷ 4.</summary>
    private static byte[] Chunk(int chunk, int pitch, int shift)
    {
        int rows = 1 << shift;
        var bytes = new byte[rows * (pitch + sizeof(int) + sizeof(float))];
        new Random(chunk).NextBytes(bytes.AsSpan(0, rows * pitch));
        for (int row = 0; row < rows; row++)
        {
            int number = (chunk * rows) + row;
            BitConverter.TryWriteBytes(bytes.AsSpan((rows * pitch) + (row * sizeof(int))), 100 + number);
            BitConverter.TryWriteBytes(bytes.AsSpan((rows * (pitch + sizeof(int))) + (row * sizeof(float))), number / 4f);
        }
        return bytes;
    }
}
