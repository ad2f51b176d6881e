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
            TargetsAt = (long)pitch << Shift,
            WeightsAt = (long)(pitch + (words * sizeof(int))) << Shift,
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

    /// <summary>Rows of words alone: their target and weight come, and the step begins, without features.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(40)]
    public void GatherExamples_WithoutFeatures_TakesTargetsAndWeights(int words)
    {
        const int Shift = 3, StoreRows = 8;
        using DeviceMemory chunk = Upload<byte>(Chunk(0, 16, Shift, words)), addresses = Upload<long>([chunk.Address]);
        using DeviceMemory order = Upload([5, 0, 8]), run = Upload([default(RunBlock)]), phase = Upload([default(PhaseBlock)]);
        using DeviceMemory targets = Device.Allocate(3 * words * sizeof(int)), weights = Device.Allocate(3 * sizeof(float));
        GatherExamples.Run(Device, new GatherExamplesArguments
        {
            Chunks = addresses.Address,
            Targets = targets.Address,
            Weights = weights.Address,
            Order = order.Address,
            Run = run.Address,
            Phase = phase.Address,
            StepRows = 3,
            TargetsAt = 16 << Shift,
            WeightsAt = (16 + (words * sizeof(int))) << Shift,
            Shift = Shift,
            StoreRows = StoreRows,
            Rows = 3,
            TargetWords = words,
        });

        CollectionAssert.AreEqual(new[] { 5 / 4f, 0, 0 }, Download<float>(weights));
        CollectionAssert.AreEqual(
            new[] { 5, 0, 8 }
                .SelectMany(number => Enumerable.Range(0, words).Select(word => number < 8 ? Target(number, word) : -1))
                .ToArray(),
            Download<int>(targets));
        Assert.AreEqual(3, Download<PhaseBlock>(phase)[0].Commit.Rows);
    }

    /// <summary>Examples of every unit, from the cursor on; for rows outside the store zeros. The memory behind the batch stays.</summary>
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 1)]
    [DataRow(6, 2)]
    [DataRow(20, 4)]
    [DataRow(24, 8)]
    [DataRow(48, 16)]
    [DataRow(150528, 16)]
    public void GatherColumn_FromTheCursorOn_TakesExamples(int bytes, int unit)
    {
        const int Shift = 2, StoreRows = 10, Rows = 7, Cursor = 2, Start = 64;
        int[] order = [.. Enumerable.Range(0, StoreRows).Select(i => i * 3 % StoreRows)];
        order[Cursor + 1] = StoreRows;
        order[Cursor + 2] = -1;
        byte[][] chunks = [.. Enumerable.Range(0, 3).Select(_ => new byte[Start + (bytes << Shift)])];
        for (int i = 0; i < chunks.Length; i++)
        {
            new Random(i).NextBytes(chunks[i]);
        }

        DeviceMemory[] memory = [.. chunks.Select(chunk => Upload<byte>(chunk))];
        using DeviceMemory addresses = Upload<long>([.. memory.Select(chunk => (long)chunk.Address)]), cudaOrder = Upload<int>(order);
        using DeviceMemory run = Upload([new RunBlock { Cursor = Cursor }]);
        using DeviceMemory y = Upload<byte>([.. Enumerable.Repeat((byte)0xA5, (Rows + 1) * bytes)]);
        GatherColumn.Run(Device, new GatherColumnArguments
        {
            Chunks = addresses.Address,
            Y = y.Address,
            Order = cudaOrder.Address,
            Run = run.Address,
            Start = Start,
            Bytes = bytes,
            Unit = unit,
            Shift = Shift,
            StoreRows = StoreRows,
            Rows = Rows,
        });

        byte[] expected = [
            .. order[Cursor..(Cursor + Rows)].SelectMany(number => (uint)number < StoreRows
                ? chunks[number >> Shift].AsSpan(Start + ((number & 3) * bytes), bytes).ToArray()
                : new byte[bytes]),
            .. Enumerable.Repeat((byte)0xA5, bytes)];
        CollectionAssert.AreEqual(expected, Download<byte>(y));
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
