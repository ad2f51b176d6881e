using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Looking rows up and summing what comes back: stored bits, the order of sums, ids that name no row.</summary>
[TestClass]
internal sealed unsafe class EmbeddingTests
{
    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    /// <summary>NaN with its payload, zeros of both signs, subnormal numbers: bits are copied, not numbers.</summary>
    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_AnyBits_AreTheTables(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(3, path);
        var random = new Random(5);
        foreach (int columns in CpuCases.Sizes)
        {
            using var table = new TestTensor(format, 11, columns, extraPitch: 1);
            for (int row = 0; row < 11; row++)
            {
                random.NextBytes(new Span<byte>(table.Value.Row(row), columns * format.BytesPerElement()));
            }

            using var ids = new IdMemory([.. Enumerable.Range(0, 3000).Select(_ => random.Next(11))]);
            using var y = new TestTensor(format, 3000, columns, extraPitch: 2);
            EmbeddingKernel.Forward(device, ids.Of(perExample: 3, padding: 4), table, y);

            y.AssertPaddingUntouched();
            uint[] from = table.Bits(), to = y.Bits();
            for (int i = 0; i < to.Length; i++)
            {
                (int row, int column) = Math.DivRem(i, columns);
                Assert.AreEqual(ids[row] == 4 ? 0 : from[(ids[row] * columns) + column], to[i], $"row {row}, column {column}");
            }
        }
    }

    /// <summary>Every thread count and vector width sums 64 at a time, then the sums: an independent loop in that order gives the
    /// bits.</summary>
    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Backward_FrequentAndRareIds_SumInTheDocumentedOrder(SimdPath path, NumericFormat format)
    {
        const int Ids = 40, Count = 900;
        var random = new Random(3);

        // The square makes low ids frequent, so that some have several chunks, and leaves some ids out.
        using var ids = new IdMemory([.. Enumerable.Range(0, Count).Select(_ => (int)(Ids * Math.Pow(random.NextDouble(), 4)))]);
        ILookup<int, int> places = Enumerable.Range(0, Count).Where(at => ids[at] != 2).ToLookup(at => ids[at]);
        foreach (int columns in new[] { 1, 3, 4, 8, 31, 32, 61, 64, 127 })
        {
            using TestTensor dy = TestTensor.Random(format, Count, columns, seed: columns, extraPitch: 1);
            foreach (int threads in new[] { 1, 3 })
            {
                using var device = new CpuDevice(threads, path);
                foreach (bool accumulate in new[] { false, true })
                {
                    using TestTensor dtable = TestTensor.Random(NumericFormat.Float32, Ids, columns, seed: 9, extraPitch: 2);
                    uint[] before = dtable.Bits();
                    EmbeddingKernel.Backward(device, ids.Of(perExample: 3, padding: 2), dy, dtable, accumulate);

                    dtable.AssertPaddingUntouched();
                    uint[] after = dtable.Bits();
                    for (int i = 0; i < after.Length; i++)
                    {
                        (int id, int column) = Math.DivRem(i, columns);
                        float[] given = [.. places[id].Select(at => (float)dy[at, column])];
                        float sum = given.Chunk(64).Aggregate(0f, (total, chunk) => total + chunk.Aggregate(0f, (a, b) => a + b));
                        float expected = accumulate ? BitConverter.UInt32BitsToSingle(before[i]) + sum : sum;
                        Assert.AreEqual(BitConverter.SingleToUInt32Bits(expected), after[i], $"id {id}, column {column} of {columns}");
                    }
                }
            }
        }
    }

    /// <summary>Chunks keep a long sum near the double-precision one.</summary>
    [TestMethod]
    public void Backward_AHundredThousandOfOneId_ErrLessThanOneLongSum()
    {
        const int Count = 100_000;
        using var device = new CpuDevice(2);
        using var ids = new IdMemory(new int[Count]);
        using TestTensor dy = TestTensor.Of(NumericFormat.Float32, Count, 1, (_, _) => 1f / 3), dtable = new(NumericFormat.Float32, 2, 1);
        EmbeddingKernel.Backward(device, ids.Of(perExample: 1), dy, dtable, accumulate: false);

        double exact = Count * (double)(1f / 3);
        float naive = 0;
        for (int i = 0; i < Count; i++)
        {
            naive += 1f / 3;
        }

        // Each of the additions that follow each other, 64 and then one a chunk, rounds by at most 2⁻²⁴ of the sum.
        Assert.AreEqual(exact, dtable[0, 0], (64 + (Count / 64) + 1) * Math.Pow(2, -24) * exact);
        Assert.IsGreaterThan(10 * Math.Abs(exact - dtable[0, 0]), Math.Abs(exact - naive), "one long sum would have done as well");
        Assert.AreEqual(0, dtable[1, 0]);
    }

    [TestMethod]
    [DataRow(9)]
    [DataRow(-1)]
    [DataRow(int.MinValue)]
    public void Forward_IdOutsideTheTable_IsNamedWithItsPlace(int id)
    {
        using var device = new CpuDevice(2);
        using var ids = new IdMemory([0, 8, 3, 4, 5, id, 9, 1]);
        using TestTensor table = TestTensor.Random(NumericFormat.Float32, 9, 5, seed: 1), y = new(NumericFormat.Float32, 8, 5);

        ArgumentOutOfRangeException error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => EmbeddingKernel.Forward(device, ids.Of(perExample: 4, padding: 0), table, y));
        Assert.AreEqual(id, error.ActualValue);
        StringAssert.Contains(
            error.Message,
            $"Layer 'tokens' has rows for the ids from 0 to 8, but example 1 of the batch has the id {id} at position 1",
            StringComparison.Ordinal);
        Assert.IsFalse(y.Bits().AsSpan().ContainsAnyExcept(0u), "nothing is written");
    }

    [TestMethod]
    public void Kernel_OtherShapesOrFormats_AreRefused()
    {
        using var device = new CpuDevice(1);
        using var ids = new IdMemory([0, 1]);
        using TestTensor table = new(NumericFormat.Float32, 3, 4), y = new(NumericFormat.Float32, 2, 4),
            wide = new(NumericFormat.Float32, 2, 5), half = new(NumericFormat.Float16, 2, 4);
        EmbeddingIds two = ids.Of(perExample: 2), bytes = two with { Words = two.Words with { Kind = ElementKind.Byte } };

        Refused("(2, 5); (2, 4) is needed", () => EmbeddingKernel.Forward(device, two, table, wide));
        Refused("The table is Float32; Float16", () => EmbeddingKernel.Forward(device, two, table, half));
        Refused("ids are Byte", () => EmbeddingKernel.Forward(device, bytes, table, y));
        Refused("(3, 4); (2, 4) is needed", () => EmbeddingKernel.Backward(device, two, table, y, accumulate: false));
        Refused("dtable is Float16", () => EmbeddingKernel.Backward(device, two, y, half, accumulate: false));

        static void Refused(string why, Action call)
            => StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(call).Message, why, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Embedding_NoIdsOrNoSuchPadding_AreRefused()
    {
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        Value numbers = PlanBuilder.Input("x", 3, NumericFormat.Float32);
        Value ids = PlanBuilder.Input("ids", Shape.Vector(3), ElementKind.Int32);
        var table = new Parameter("table", 7, 4, decays: true);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => plan.Embedding("tokens", numbers, table)).Message,
            "Layer 'tokens' reads ids, which are Int32, but 'x' is Number",
            StringComparison.Ordinal);
        foreach (int padding in new[] { -1, 7 })
        {
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => plan.Embedding("tokens", ids, table, padding)).Message,
                "Layer 'tokens' has rows for the ids from 0 to 6",
                StringComparison.Ordinal);
        }
    }

    /// <summary>Positions become rows; formats are those of products; a frozen table needs neither ids nor a backward pass.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Embedding_InAPlan_HasItsShapeFormatAndNeeds(bool frozen)
    {
        var table = new Parameter("table", 7, 4, decays: true);
        HashSet<Parameter> fixedTable = frozen ? [table] : [];
        var plan = new PlanBuilder(PrecisionPolicy.MixedFloat16, training: true) { Frozen = fixedTable };
        Value ids = PlanBuilder.Input("ids", new Shape(5, 3), ElementKind.Int32);
        Value y = plan.Embedding("tokens", ids, table, padding: 6);
        plan.Finish(plan.Linear("output", y, new Parameter("w", 2, 4, decays: true), null));

        Assert.AreEqual(new Shape(15, 4), y.Shape);
        Assert.AreEqual(NumericFormat.Float16, y.Format);
        Assert.AreEqual(NumericFormat.Float16, plan.Parameters.Single(planned => planned.Parameter == table).Format);
        Assert.AreEqual(!frozen, plan.Ops[0].RunsBackward);
        Assert.AreEqual(frozen ? 0 : 1, plan.Ops[0].Saved.Count());
        Assert.AreEqual("embedding (padding 6)", plan.Ops[0].Explain().Operation);
        Assert.AreEqual("7 → 4", plan.Ops[0].Explain().Shape);
    }

    /// <summary>Ids in memory that a kernel reads.</summary>
    private sealed class IdMemory : IDisposable
    {
        private readonly CpuMemory _memory;
        private readonly int[] _ids;

        public IdMemory(int[] ids)
        {
            _ids = ids;
            _memory = new CpuMemory(Math.Max(1, ids.Length) * sizeof(int));
            ids.CopyTo(new Span<int>((void*)_memory.Address, ids.Length));
        }

        public int this[int at] => _ids[at];

        public EmbeddingIds Of(int perExample, int? padding = null)
            => new("tokens", new Words(_memory.Address, ElementKind.Int32, _ids.Length / perExample, perExample), perExample, padding);

        public void Dispose() => _memory.Dispose();
    }
}
