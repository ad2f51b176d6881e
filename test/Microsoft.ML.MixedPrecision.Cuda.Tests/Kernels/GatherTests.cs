using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Training rows picked by number.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class GatherTests : CudaDeviceTest
{
    [TestMethod]
    [DataRow(NumericFormat.Float16, 5, true, 1)]
    [DataRow(NumericFormat.Float32, 12, false, 1)]
    [DataRow(NumericFormat.BFloat16, 100, true, 1)]
    [DataRow(NumericFormat.Float16, 5, true, 3)]
    [DataRow(NumericFormat.Float32, 12, false, 3)]
    [DataRow(NumericFormat.BFloat16, 100, true, 17)]
    public void GatherExamples_FromTheCursorOn_TakesFeaturesTargetsAndWeights(NumericFormat format, int features, bool weighted, int words)
    {
        const int Shift = 3, StoreRows = 21, Rows = 10, Start = 4;
        int pitch = Tensor.PitchOf(features, format) * format.BytesPerElement();
        byte[][] chunks = [.. Enumerable.Range(0, 3).Select(chunk => Chunk(chunk, pitch, Shift, words))];
        int[] order = [.. Enumerable.Range(0, StoreRows).Select(i => i * 5 % StoreRows)];
        order[Start + 2] = StoreRows;

        DeviceMemory[] memory = [.. chunks.Select(chunk => Upload<byte>(chunk))];
        using DeviceMemory addresses = Upload<long>([.. memory.Select(chunk => (long)chunk.Address)]), cudaOrder = Upload<int>(order);
        using DeviceMemory run = Upload([new RunBlock { Cursor = Start }]), phase = Upload(
            [new PhaseBlock { Commit = new CommitState { Rows = -7, Positions = -7, Loss = -7, FirstNonFinite = -7 } }]);
        using DeviceMemory x = Device.Allocate(Rows * pitch),
        targets = Device.Allocate(Rows * words * sizeof(int)),
        weights = Device.Allocate(Rows * sizeof(float));
        GatherExamples.Run(Device, new GatherExamplesArguments
        {
            Chunks = addresses.Address,
            X = new CudaMatrix(x.Address, pitch),
            Targets = targets.Address,
            Weights = weighted ? weights.Address : 0,
            Order = cudaOrder.Address,
            Run = run.Address,
            Phase = phase.Address,
            StepRows = weighted ? 123 : 0,
            StepPositions = weighted && words > 1 ? 456 : 0,
            Pitch = pitch,
            Shift = Shift,
            StoreRows = StoreRows,
            Rows = Rows,
            RowBytes = features * format.BytesPerElement(),
            TargetWords = words,
        });

        CommitState commit = Download<PhaseBlock>(phase)[0].Commit;
        Assert.AreEqual(
            weighted ? (123, 0.0, NonFinite.None) : (-7, -7.0, -7),
            (commit.Rows, commit.Loss, commit.FirstNonFinite),
            "a step begins where it is told so");
        Assert.AreEqual(weighted && words > 1 ? 456 : -7, commit.Positions, "positions of 0 are left as the host has written them");
        byte[] gathered = Download<byte>(x);
        int[] gatheredTargets = Download<int>(targets);
        float[] gatheredWeights = Download<float>(weights);
        for (int i = 0; i < Rows; i++)
        {
            int number = order[Start + i];
            for (int word = 0; word < words; word++)
            {
                Assert.AreEqual(number < StoreRows ? Target(number, word) : -1, gatheredTargets[(i * words) + word],
                    $"row {i}, word {word}; outside the store all bits are set");
            }

            Assert.AreEqual(weighted && number < StoreRows ? number / 4f : 0f, gatheredWeights[i]);
            byte[] expected = number < StoreRows
                ? chunks[number >> Shift][((number & 7) * pitch)..(((number & 7) * pitch) + pitch)]
                : new byte[pitch];
            CollectionAssert.AreEqual(expected, gathered[(i * pitch)..((i + 1) * pitch)], $"row {i}");
        }
        foreach (DeviceMemory chunk in memory)
        {
            chunk.Dispose();
        }
    }

    private static int Target(int number, int word) => 100 + number + (1000 * word);

    /// <summary>Features that differ from byte to byte, targets by number and word, weights number ÷ 4.</summary>
    private static byte[] Chunk(int chunk, int pitch, int shift, int words)
    {
        int rows = 1 << shift, targetBytes = words * sizeof(int);
        var bytes = new byte[rows * (pitch + targetBytes + sizeof(float))];
        new Random(chunk).NextBytes(bytes.AsSpan(0, rows * pitch));
        for (int row = 0; row < rows; row++)
        {
            int number = (chunk * rows) + row;
            for (int word = 0; word < words; word++)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan((rows * pitch) + (row * targetBytes) + (word * sizeof(int))), Target(number, word));
            }

            BitConverter.TryWriteBytes(bytes.AsSpan((rows * (pitch + targetBytes)) + (row * sizeof(float))), number / 4f);
        }
        return bytes;
    }
}
