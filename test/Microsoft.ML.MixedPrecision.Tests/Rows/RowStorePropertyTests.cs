using System.Security.Cryptography;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Stores of random schemas against plain arrays: kinds, shapes, borders of chunks, files, rows begun and left.</summary>
[TestClass]
public sealed unsafe class RowStorePropertyTests
{
    private const int Cases = 120;

    [TestMethod]
    public void Gather_OfRandomSchemas_GivesWhatWasWrittenAndLeavesTheRest()
    {
        int[] kinds = new int[4];
        int files = 0, chunks = 0;
        using var device = new CpuDevice(3);
        using var folder = new TemporaryFolder();
        for (int seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var model = new RowModel(seed);
            StoreLimit? limit = seed % 10 == 0 ? new StoreLimit(random.Next(2) * (2L << 20), folder.File("")) : null;
            using var store = new RowStore(device, model.Schema, limit);
            int rows = Math.Min(store.ChunkRows + random.Next(1, 4), (int)(3_000_000 / store.Layout.RowBytes) + 2);
            for (int row = 0; row < rows; row++)
            {
                model.Append(store);
            }

            store.BeginRow();
            Assert.AreEqual(rows, store.Rows, $"seed {seed}");
            AssertGathers(store, model, random, seed);
            (files, chunks) = (files + (store.FileBytes > 0 ? 1 : 0), chunks + (store.Chunks.Count > 1 ? 1 : 0));
            foreach (SchemaColumn column in model.Schema.Columns)
            {
                kinds[(int)column.Kind]++;
            }
        }

        Assert.IsTrue(
            files > 3 && chunks > Cases / 2 && kinds.All(count => count > 20),
            $"the cases must differ: {files}, {chunks}, {string.Join(", ", kinds)}");
    }

    /// <summary>The hash of the arrays, whatever the chunks and files are; and another for every byte that differs.</summary>
    [TestMethod]
    public void Digest_OfRandomSchemas_IsTheHashOfTheirBytes()
    {
        using var device = new CpuDevice(1);
        using var folder = new TemporaryFolder();
        for (int seed = 1000; seed < 1030; seed++)
        {
            var model = new RowModel(seed);
            using var store = new RowStore(device, model.Schema, seed % 10 == 0 ? new StoreLimit(0, folder.File("")) : null);
            int rows = Math.Min(store.ChunkRows + 2, (int)(600_000 / store.Layout.RowBytes) + 2);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (int row = 0; row < rows; row++)
            {
                model.Append(store);
                for (int column = 0; column < model.Schema.Columns.Length; column++)
                {
                    hash.AppendData(model[row, column]);
                }
            }

            Assert.AreEqual(Convert.ToHexStringLower(hash.GetHashAndReset()), store.Digest(), $"seed {seed}: {model.Schema}");
        }
    }

    private static void AssertGathers(RowStore store, RowModel model, Random random, int seed)
    {
        int[] wanted = [store.Rows - 1, 0, .. Enumerable.Range(0, 5).Select(_ => random.Next(store.Rows))];
        int[] columns = [.. Enumerable.Range(0, model.Schema.Columns.Length).OrderBy(_ => random.Next()).Take(1 + random.Next(6))];
        DeviceMemory[] memory = [.. columns.Select(column => store.Device.Allocate(BytesOf(model.Schema.Columns[column], wanted.Length)))];
        foreach (DeviceMemory block in memory)
        {
            new Span<byte>((void*)block.Address, (int)block.Bytes).Fill(0xA5);
        }

        store.Gather(wanted, [.. columns.Zip(memory, (column, block) => Place(model.Schema, column, block, wanted.Length))]);

        for (int i = 0; i < columns.Length; i++)
        {
            SchemaColumn column = model.Schema.Columns[columns[i]];
            var bytes = new ReadOnlySpan<byte>((void*)memory[i].Address, (int)memory[i].Bytes);
            for (int row = 0; row < wanted.Length; row++)
            {
                byte[] expected = model[wanted[row], columns[i]];
                ReadOnlySpan<byte> example = bytes.Slice(row * column.ExampleBytes, column.ExampleBytes);
                int lines = column.Kind == ElementKind.Number ? column.Shape.Rows : 1;
                int width = expected.Length / lines, pitch = column.ExampleBytes / lines;
                for (int line = 0; line < lines; line++)
                {
                    Assert.IsTrue(
                        example.Slice(line * pitch, width).SequenceEqual(expected.AsSpan(line * width, width)),
                        $"seed {seed}: row {wanted[row]}, line {line} of {column}");
                    Assert.AreEqual(-1, example[((line * pitch) + width)..((line + 1) * pitch)].IndexOfAnyExcept((byte)0xA5), "padding");
                }
            }

            memory[i].Dispose();
        }
    }

    private static long BytesOf(SchemaColumn column, int rows) => (long)rows * column.ExampleBytes;

    private static RowDestination Place(RowSchema schema, int column, DeviceMemory memory, int rows)
    {
        SchemaColumn its = schema.Columns[column];
        int lines = rows * its.Shape.Rows, columns = its.Shape.Columns;
        return its.Kind == ElementKind.Number
            ? new RowDestination(column, new Tensor(memory.Address, its.Format, lines, columns, Tensor.PitchOf(columns, its.Format)))
            : new RowDestination(column, new Words(memory.Address, its.Kind, lines, columns));
    }
}
