using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Parts of rows, also where the end of a part, counted in 32 bits, would be a negative number.</summary>
[TestClass]
public sealed class RowPartsTests
{
    [TestMethod]
    [DataRow(10, 4, "0+4 4+4 8+2")]
    [DataRow(8, 4, "0+4 4+4")]
    [DataRow(3, 4, "0+3")]
    [DataRow(0, 4, "")]
    [DataRow(1_100_000_000, 1_090_000_000, "0+1090000000 1090000000+10000000")]
    [DataRow(int.MaxValue, int.MaxValue - 1, "0+2147483646 2147483646+1")]
    [DataRow(int.MaxValue, int.MaxValue, "0+2147483647")]
    public void Parts_OfRows_AreAllOfThemInOrder(int rows, int size, string expected)
    {
        var parts = new RowParts(rows, size);

        Assert.AreEqual(expected, string.Join(' ', Enumerable.Range(0, parts.Count).Select(part =>
            $"{parts.StartOf(part)}+{parts.RowsOf(part)}")));
    }

    [TestMethod]
    public void Parts_OfOneRowEach_AreAsManyAsRows()
    {
        var parts = new RowParts(int.MaxValue, 1);

        Assert.AreEqual(int.MaxValue, parts.Count);
        Assert.AreEqual(int.MaxValue - 1, parts.StartOf(int.MaxValue - 1));
    }
}
