using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>Which type a token is of, stored bits, and the order of sums.</summary>
[TestClass]
internal sealed unsafe class TokenTypesTests
{
    private const int Separator = 9;
    private const int Rows = 300;

    /// <summary>All types in turn, in runs that fit no block of rows.</summary>
    private static readonly int[] Types = [.. Enumerable.Range(0, Rows).Select(row => ((row / 37) + (row % 5 == 0 ? 1 : 0)) % 3 - 1)];

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    /// <summary>Two separators in a pair of texts; none; no tokens; nothing but one; one before all; one behind all; rows of no
    /// example.</summary>
    [TestMethod]
    public void Find_ExamplesOfEveryKind_BeginsTypeOneBehindTheFirstSeparator()
    {
        using var device = new CpuDevice(2);
        using WordMemory ids = new(1, 4, 9, 5, 9, 2, 3, 8, 9, 9, 7, 7, 6, 9, 9, 3), ends = new(6, 8, 8, 9, 12, 14),
            types = new(new int[16]);

        TokenTypesKernel.Find(device, ids.Words, Separator, types.Words, new ExamplePlaces(ends.Words.Address, 6, 6));

        CollectionAssert.AreEqual(new[] { 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, -1, -1 }, types.Words.Span<int>().ToArray());
    }

    /// <summary>Without ends each example has as many rows; without examples no row is of one.</summary>
    [TestMethod]
    [DataRow(2, new[] { 0, 0, 1, 0, 0, 0, -1 })]
    [DataRow(0, new[] { -1, -1, -1, -1, -1, -1, -1 })]
    public void Find_ExamplesOfEqualLength_EndsWhereTheyDo(int examples, int[] expected)
    {
        using var device = new CpuDevice(1);
        using WordMemory ids = new(4, 9, 5, 3, 8, 9, 9), types = new(new int[7]);

        TokenTypesKernel.Find(device, ids.Words, Separator, types.Words, new ExamplePlaces(0, examples, 3));

        CollectionAssert.AreEqual(expected, types.Words.Span<int>().ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_ManyWidths_IsTheSumRoundedOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(3, path);
        using var types = new WordMemory(Types);
        foreach (int columns in CpuCases.Sizes)
        {
            using TestTensor x = TestTensor.Random(format, Rows, columns, seed: 1, extraPitch: 1),
                table = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 2, extraPitch: 1);
            foreach (NumericFormat to in CpuCases.StorageFormats)
            {
                using TestTensor y = new(to, Rows, columns, extraPitch: 2);
                TokenTypesKernel.Forward(device, x, types.Words, table, y);

                y.AssertPaddingUntouched();
                for (int i = 0; i < Rows * columns; i++)
                {
                    (int row, int column) = Math.DivRem(i, columns);
                    double sum = Types[row] < 0 ? x[row, column] : (float)(x[row, column] + table[Types[row], column]);
                    Assert.AreEqual(ReferenceRounding.Round(to, sum), y[row, column], $"{to}, row {row}, column {column} of {columns}");
                }
            }
        }
    }

    /// <summary>Every thread count and vector width sums 64 rows of the batch at a time, then the sums: an independent loop in that order
    /// gives the bits, and the double-precision sum is near.</summary>
    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Backward_RowsOfAllTypes_SumInTheDocumentedOrder(SimdPath path, NumericFormat format)
    {
        using var types = new WordMemory(Types);
        foreach (int columns in new[] { 1, 3, 4, 8, 31, 63, 64, 65, 130 })
        {
            // What stands in rows of no example must not matter.
            using TestTensor dy = TestTensor.Random(format, Rows, columns, seed: columns, extraPitch: 1);
            foreach (int row in Enumerable.Range(0, Rows).Where(row => Types[row] < 0))
            {
                dy[row, 0] = double.NaN;
            }

            foreach (int threads in new[] { 1, 3 })
            {
                using var device = new CpuDevice(threads, path);
                foreach (bool accumulate in new[] { false, true })
                {
                    using TestTensor dtable = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 9, extraPitch: 2),
                        before = TestTensor.Random(NumericFormat.Float32, 2, columns, seed: 9);
                    TokenTypesKernel.Backward(device, dy, types.Words, dtable, accumulate);

                    dtable.AssertPaddingUntouched();
                    for (int i = 0; i < 2 * columns; i++)
                    {
                        (int type, int column) = Math.DivRem(i, columns);
                        float start = accumulate ? (float)before[type, column] : 0;
                        float sum = Enumerable.Range(0, Rows).Chunk(64).Aggregate(0f, (total, block) => total + block
                            .Where(row => Types[row] == type).Aggregate(0f, (some, row) => some + (float)dy[row, column]));
                        Assert.AreEqual((double)(start + sum), dtable[type, column], $"type {type}, column {column} of {columns}");
                        Assert.AreEqual(
                            start + Enumerable.Range(0, Rows).Where(row => Types[row] == type).Sum(row => dy[row, column]),
                            dtable[type, column],
                            1e-5);
                    }
                }
            }
        }
    }

    /// <summary>A batch without rows, or without a token of a type.</summary>
    [TestMethod]
    [DataRow(new int[0])]
    [DataRow(new[] { 0, 0, -1 })]
    public void Backward_NoRowOfAType_IsZeroOrLeavesWhatIsThere(int[] types)
    {
        using var device = new CpuDevice(2);
        using var words = new WordMemory(types);
        using TestTensor dy = TestTensor.Of(NumericFormat.Float16, types.Length, 3, (_, _) => 0.5),
            dtable = TestTensor.Of(NumericFormat.Float32, 2, 3, (_, _) => 7);
        double sum = types.Count(type => type == 0) * 0.5;

        TokenTypesKernel.Backward(device, dy, words.Words, dtable, accumulate: true);
        Assert.AreEqual((7 + sum, 7), (dtable[0, 2], dtable[1, 2]));
        TokenTypesKernel.Backward(device, dy, words.Words, dtable, accumulate: false);
        Assert.AreEqual((sum, 0), (dtable[0, 2], dtable[1, 2]));
    }

    [TestMethod]
    public void Kernel_OtherShapesOrFormats_AreRefused()
    {
        using var device = new CpuDevice(1);
        using WordMemory two = new(0, 1), three = new(0, 1, 0);
        using TestTensor x = new(NumericFormat.Float16, 2, 4), wide = new(NumericFormat.Float16, 2, 5),
            table = new(NumericFormat.Float32, 2, 4), rows = new(NumericFormat.Float32, 3, 4);
        Words bytes = two.Words with { Kind = ElementKind.Byte };

        Refused("2 ids, which are Int32, and 3 types", () => TokenTypesKernel.Find(device, two.Words, 1, three.Words, default));
        Refused("2 ids, which are Byte", () => TokenTypesKernel.Find(device, bytes, 1, two.Words, default));
        Refused("y (2, 5)", () => TokenTypesKernel.Forward(device, x, two.Words, table, wide));
        Refused("for 3 types", () => TokenTypesKernel.Forward(device, x, three.Words, table, x));
        Refused("the table (3, 4)", () => TokenTypesKernel.Forward(device, x, two.Words, rows, x));
        Refused("the table (2, 4) Float16", () => TokenTypesKernel.Backward(device, x, two.Words, x, accumulate: false));
        Refused("x is (2, 5)", () => TokenTypesKernel.Backward(device, wide, two.Words, table, accumulate: false));
    }

    [TestMethod]
    public void TokenTypes_NoSequenceIdsOrTable_AreRefused()
    {
        PlanBuilder plan = Plan([]);
        Value x = PlanBuilder.Input("x", Shape.Sequence(5, 4), NumericFormat.Float32), ids = Ids(Shape.Sequence(5, 1));
        var table = new Parameter("table", 2, 4, decays: true);

        Refused("gets (5, 4)", () => plan.TokenTypes(
            "types", PlanBuilder.Input("x", new Shape(5, 4), NumericFormat.Float32), Ids(new Shape(5, 1)), table, 1));
        Refused("ids of (up to 6, 1)", () => plan.TokenTypes("types", x, Ids(Shape.Sequence(6, 1)), table, 1));
        Refused("which are Number", () => plan.TokenTypes(
            "types", x, PlanBuilder.Input("ids", Shape.Sequence(5, 1), NumericFormat.Float32), table, 1));
        Refused("its table is (3, 4)", () => plan.TokenTypes("types", x, ids, new Parameter("table", 3, 4, decays: true), 1));
        Refused("its table is (2, 5)", () => plan.TokenTypes("types", x, ids, new Parameter("table", 2, 5, decays: true), 1));
    }

    /// <summary>y is stored as activations are, the table read in Float32; where it is frozen, backward reads nothing of forward, and does
    /// not run where nothing before it trains.</summary>
    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(true, true)]
    public void TokenTypes_InAPlan_HasItsShapeFormatAndNeeds(bool frozenTypes, bool frozenTable)
    {
        Parameter table = new("table", 7, 4, decays: true), types = new("types", 2, 4, decays: true);
        PlanBuilder plan = Plan([.. frozenTypes ? [types] : Array.Empty<Parameter>(), .. frozenTable ? [table] : Array.Empty<Parameter>()]);
        Value ids = Ids(Shape.Sequence(5, 1));
        Value y = plan.TokenTypes("types", plan.Embedding("tokens", ids, table), ids, types, 3);
        plan.Finish(plan.Linear("output", y, new Parameter("w", 2, 4, decays: true), null));
        Op op = plan.Ops[1];

        Assert.AreEqual(Shape.Sequence(5, 4), y.Shape);
        Assert.AreEqual(NumericFormat.Float16, y.Format);
        Assert.AreEqual(NumericFormat.Float32, plan.Parameters.Single(planned => planned.Parameter == types).Format);
        Assert.AreEqual(!frozenTable, op.RunsBackward);
        Assert.AreEqual(frozenTypes ? 0 : 1, op.Saved.Count());
        Assert.AreEqual("token types behind 3", op.Explain().Operation);
        Assert.AreEqual("2 × 4", op.Explain().Shape);
    }

    [TestMethod]
    [DoNotParallelize]
    public void ForwardAndBackward_OnceWarm_AllocateNothing()
    {
        using var device = new CpuDevice(3);
        using WordMemory ids = new(Types), types = new(new int[Rows]);
        using TestTensor x = new(NumericFormat.Float16, Rows, 300), table = new(NumericFormat.Float32, 2, 300);

        Allocations.AssertNone(device, () =>
        {
            TokenTypesKernel.Find(device, ids.Words, 1, types.Words, new ExamplePlaces(0, 3, 100));
            TokenTypesKernel.Forward(device, x, types.Words, table, x);
            TokenTypesKernel.Backward(device, x, types.Words, table, accumulate: true);
        });
    }

    private static PlanBuilder Plan(HashSet<Parameter> frozen) => new(PrecisionPolicy.MixedFloat16, training: true)
    {
        Frozen = frozen,
        Ends = PlanBuilder.Input("ends", Shape.Vector(1), ElementKind.Int32),
    };

    private static Value Ids(Shape shape) => PlanBuilder.Input("ids", shape, ElementKind.Int32);

    private static void Refused(string why, Action call)
        => StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(call).Message, why, StringComparison.Ordinal);

    /// <summary>Whole numbers in memory that a kernel reads.</summary>
    private sealed class WordMemory : IDisposable
    {
        private readonly CpuMemory _memory;

        public WordMemory(params int[] values)
        {
            _memory = new CpuMemory(Math.Max(1, values.Length) * sizeof(int));
            Words = new Words(_memory.Address, ElementKind.Int32, values.Length, 1);
            values.CopyTo(Words.Span<int>());
        }

        public Words Words { get; }

        public void Dispose() => _memory.Dispose();
    }
}
