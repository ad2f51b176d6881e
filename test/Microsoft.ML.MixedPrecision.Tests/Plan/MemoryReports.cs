namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>Compares what a draft says with what its plan took.</summary>
internal static class MemoryReports
{
    /// <summary>Fails unless all categories agree but working memory, which only a card's plan knows beforehand, and that of rows, of which
    /// there are none.</summary>
    /// <param name="taken">Of the plan.</param>
    /// <param name="drafted">Of the draft.</param>
    public static void AssertSame(MemoryReport taken, MemoryReport drafted)
    {
        Assert.AreEqual(taken.Masters, drafted.Masters);
        Assert.AreEqual(taken.Shadows, drafted.Shadows);
        Assert.AreEqual(taken.Gradients, drafted.Gradients);
        Assert.AreEqual(taken.Moments, drafted.Moments);
        Assert.AreEqual(taken.Activations, drafted.Activations);
        Assert.AreEqual(taken.Workspace, drafted.Workspace);
        Assert.AreEqual(0, taken.Data);
    }
}
