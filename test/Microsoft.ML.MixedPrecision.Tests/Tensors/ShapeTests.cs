using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
public sealed class ShapeTests
{
    [TestMethod]
    public void Image_HeightAndWidth_AreRowsOfPixels()
    {
        Shape image = Shape.Image(height: 4, width: 6, channels: 3);

        Assert.AreEqual((24, 3, 4, 6), (image.Rows, image.Columns, image.Height, image.Width));
        Assert.AreEqual(240, image.RowsOf(10));
        Assert.AreEqual("(4 · 6, 3)", image.ToString());
    }

    [TestMethod]
    public void Vector_Features_AreOneRow()
    {
        Shape vector = Shape.Vector(13);

        Assert.AreEqual((1, 13, null, null), (vector.Rows, vector.Columns, vector.Height, vector.Width));
        Assert.AreEqual("13", vector.ToString());
        Assert.AreEqual("(7, 13)", new Shape(7, 13).ToString());
    }

    [TestMethod]
    public void WithColumns_OtherColumns_KeepsRowsAndHeight()
        => Assert.AreEqual(Shape.Image(4, 6, 32), Shape.Image(4, 6, 3).WithColumns(32));

    [TestMethod]
    public void Shape_OfImpossibleSizes_IsRefused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Shape(0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Shape(1, 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Shape(1, 1, 0));
        Assert.ThrowsExactly<OverflowException>(() => Shape.Image(1 << 16, 1 << 16, 1));
        Assert.ThrowsExactly<OverflowException>(() => Shape.Image(1 << 10, 1 << 10, 1).RowsOf(1 << 11));
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new Shape(25, 3, 4)).Message,
            "4 does not divide 25",
            StringComparison.Ordinal);
    }
}
