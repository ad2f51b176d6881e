using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Which columns can stand together, how their rows lie, and how inputs of a plan find them.</summary>
[TestClass]
public sealed class RowSchemaTests
{
    [TestMethod]
    public void Constructor_ColumnsThatCannotStandTogether_SaysWhy()
    {
        Shape four = new(4, 1);
        SchemaColumn ids = SchemaColumn.Ids("ids", four, 10), lengths = SchemaColumn.Lengths("length", 4);

        StringAssert.Contains(Refusal([]), "at least one column");
        StringAssert.Contains(Refusal([ids, lengths, ids]), "Two columns are named 'ids'");
        StringAssert.Contains(Refusal([SchemaColumn.Weights(), SchemaColumn.Weights()]), "Two columns are named 'weight'");
        StringAssert.Contains(Refusal([SchemaColumn.Bytes("target", four)]), "role Input is named 'target'");
        StringAssert.Contains(Refusal([SchemaColumn.Targets(four, "weight")]), "role Target is named 'weight'");
        StringAssert.Contains(Refusal([ids.WithLengths("length")]), "lengths in 'length', which is no column of lengths");
        StringAssert.Contains(Refusal([ids, SchemaColumn.Classes(four).WithLengths("ids")]), "lengths in 'ids', which is no column");
        StringAssert.Contains(
            Refusal([ids.WithLengths("length"), SchemaColumn.Lengths("length", 5)]),
            "Column 'ids' has 4 positions; its lengths in 'length' go to 5");
        Assert.HasCount(3, new RowSchema(ids.WithLengths("length"), lengths, SchemaColumn.Weights()).Columns);

        static string Refusal(SchemaColumn[] columns) => Assert.ThrowsExactly<ArgumentException>(() => new RowSchema(columns)).Message;
    }

    [TestMethod]
    public void Column_OfNoSize_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => SchemaColumn.Bytes(" ", Shape.Vector(1)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SchemaColumn.Ids("ids", Shape.Vector(1), 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SchemaColumn.Lengths("length", 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SchemaColumn.Classes(Shape.Vector(1), -1));
        Assert.ThrowsExactly<OverflowException>(() => SchemaColumn.Numbers("x", NumericFormat.Float32, new Shape(1 << 20, 1 << 10)));
        Assert.ThrowsExactly<InvalidOperationException>(() => SchemaColumn.Weights().In(NumericFormat.Float16));
    }

    [TestMethod]
    public void Equals_SameColumnsInTheSameOrder_AndNoOthers()
    {
        RowSchema Table(NumericFormat format, bool weights, int? numbers) => RowSchema.Table(format, 3, weights, numbers);
        RowSchema one = Table(NumericFormat.Float16, true, null);

        Assert.AreEqual(one, Table(NumericFormat.Float16, true, null));
        Assert.AreEqual(one.GetHashCode(), Table(NumericFormat.Float16, true, null).GetHashCode());
        Assert.AreNotEqual(one, Table(NumericFormat.BFloat16, true, null));
        Assert.AreNotEqual(one, Table(NumericFormat.Float16, false, null));
        Assert.AreNotEqual(one, Table(NumericFormat.Float16, true, 1));
        Assert.AreNotEqual(one, new RowSchema([.. one.Columns.Reverse()]));
        Assert.AreEqual(Table(NumericFormat.Float32, true, null), one.With(0, one.Columns[0].In(NumericFormat.Float32)));
    }

    /// <summary>By hand, of 2⁰ rows a chunk: 1,050,000 bytes; ids of 12 bytes at the next multiple of 4; numbers of 2 · 16 at the next
    /// multiple of 16, one byte, then a weight at the next multiple of 4; the chunk ends at a multiple of 256.</summary>
    [TestMethod]
    public void ChunkLayout_OfMixedColumns_AlignsEachToWhatDividesItsExamples()
    {
        var schema = new RowSchema(
            SchemaColumn.Bytes("pixels", Shape.Vector(1_050_001)),
            SchemaColumn.Ids("ids", new Shape(3, 1), 9),
            SchemaColumn.Numbers("x", NumericFormat.Float16, new Shape(2, 3)),
            SchemaColumn.Bytes("flag", Shape.Vector(1)),
            SchemaColumn.Weights());
        var layout = new ChunkLayout(schema);

        Assert.AreEqual(0, layout.Shift);
        Assert.AreEqual(new ColumnPlace(0, 1_050_001), layout[0]);
        Assert.AreEqual(new ColumnPlace(1_050_004, 12), layout[1]);
        Assert.AreEqual(new ColumnPlace(1_050_016, 32), layout[2]);
        Assert.AreEqual(new ColumnPlace(1_050_048, 1), layout[3]);
        Assert.AreEqual(new ColumnPlace(1_050_052, 4), layout[4]);
        Assert.AreEqual(1_050_112, layout.Bytes);
    }

    [TestMethod]
    public void InputColumns_OfInputsWithoutTheirColumn_NameBothSides()
    {
        var schema = new RowSchema(
            SchemaColumn.Numbers("features", NumericFormat.Float16, Shape.Vector(5)),
            SchemaColumn.Ids("ids", new Shape(4, 1), 10),
            SchemaColumn.Bytes("pixels", Shape.Image(2, 3, 3)));
        Value features = PlanBuilder.Input("features", 5, NumericFormat.Float16);
        Value ids = PlanBuilder.Input("ids", new Shape(4, 1), ElementKind.Int32);
        Value pixels = PlanBuilder.Input("pixels", new Shape(6, 3), ElementKind.Byte);

        CollectionAssert.AreEqual(new[] { 2, 0, 1 }, InputColumns.Of(schema, [pixels, features, ids], widens: false));
        StringAssert.Contains(
            Refusal(PlanBuilder.Input("mask", 4, NumericFormat.Float32)),
            "input 'mask' takes 4 numbers in Float32; the rows have no such column, but 'features': 5 numbers in Float16; 'ids': (4, 1)");
        StringAssert.Contains(
            Refusal(PlanBuilder.Input("ids", new Shape(4, 1), ElementKind.Byte)),
            "input 'ids' takes (4, 1) words of Byte; the rows' column is 'ids': (4, 1) words of Int32");
        StringAssert.Contains(Refusal(PlanBuilder.Input("ids", new Shape(1, 4), ElementKind.Int32)), "takes 4 words of Int32");
        StringAssert.Contains(Refusal(PlanBuilder.Input("features", 6, NumericFormat.Float16)), "takes 6 numbers in Float16");
        StringAssert.Contains(Refusal(PlanBuilder.Input("pixels", Shape.Image(3, 2, 3), ElementKind.Byte)), "takes (3 · 2, 3) words");
        Value wide = PlanBuilder.Input("features", 5, NumericFormat.Float32);
        StringAssert.Contains(Refusal(wide), "takes 5 numbers in Float32; the rows' column is 'features': 5 numbers in Float16");
        CollectionAssert.AreEqual(new[] { 0 }, InputColumns.Of(schema, [wide], widens: true));
        Value other = PlanBuilder.Input("features", 5, NumericFormat.BFloat16);
        Assert.ThrowsExactly<ArgumentException>(() => InputColumns.Of(schema, [other], widens: true));

        string Refusal(Value input) => Assert.ThrowsExactly<ArgumentException>(
            () => InputColumns.Of(schema, [input], widens: false)).Message;
    }
}
