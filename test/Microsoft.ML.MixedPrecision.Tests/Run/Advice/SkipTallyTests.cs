using Microsoft.ML.MixedPrecision.Run.Advice;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>What is said of places that were not finite: which, how often, the most frequent first.</summary>
[TestClass]
public sealed class SkipTallyTests
{
    [TestMethod]
    [DataRow("loss", "the loss was not finite")]
    [DataRow("logits", "the network's outputs were not finite")]
    [DataRow("gradient norm", "the norm of the gradient was larger than can be applied")]
    [DataRow("output.bias", "the gradient of 'output.bias' was not finite")]
    [DataRow(null, "values were not finite")]
    public void ToString_OfOnePlace_IsItsClause(string? place, string clause)
    {
        Assert.AreEqual(clause, Tally([place, null, place]).ToString());
        Assert.AreEqual(clause, SkipTally.Sentence(place));
    }

    [TestMethod]
    public void ToString_OfThreePlaces_CountsTheStepsOfEach()
        => Assert.AreEqual(
            "values were not finite: the network's outputs (first in 3), the gradient of 'hidden.0.weight' (first in 2), the loss "
                + "(first in 1)",
            Tally(["loss", "logits", "hidden.0.weight"], ["logits", "hidden.0.weight", null, "logits"]).ToString());

    [TestMethod]
    public void ToString_OfMorePlaces_NamesTheThreeMostFrequent()
        => Assert.AreEqual(
            "values were not finite: the norm of the gradient (first in 4), the loss (first in 3), the network's outputs (first in 2), …",
            Tally(
                ["a", "loss", "logits", "gradient norm"],
                ["loss", "logits", "gradient norm"],
                ["loss", "gradient norm", "gradient norm"]).ToString());

    private static SkipTally Tally(params string?[][] epochs)
    {
        var tally = new SkipTally();
        foreach (string?[] places in epochs)
        {
            tally.Add(new TrainingMetrics { Attempts = [.. places.Select(place => new StepMetrics { NonFinite = place })] });
        }

        return tally;
    }
}
