using Microsoft.ML.MixedPrecision.Losses;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

[TestClass]
public sealed class LossTableTests
{
    [TestMethod]
    public void Rows_AllLosses_AreInTheTable()
    {
        Type[] losses = [.. typeof(Loss).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Loss)) && !type.IsAbstract)];

        Assert.IsNotEmpty(losses);
        CollectionAssert.AreEquivalent(losses, LossTable.Rows.Select(row => row.Loss.GetType()).Distinct().ToArray());
    }

    [TestMethod]
    public void Rows_Names_AreDistinct()
    {
        CollectionAssert.AllItemsAreUnique(LossTable.Rows.Select(row => row.Name).ToArray());
        CollectionAssert.AllItemsAreUnique(LossTable.Rows.Select(row => row.Loss.Name).ToArray());
    }
}
