using Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>What tells runs apart, and says how they differ.</summary>
[TestClass]
public sealed class RunIdentityTests
{
    private static readonly RunIdentity Run = Of(
        ("Trainer", "MlpBinaryTrainer"),
        ("HiddenLayers", "[64]"),
        ("Rows", RunIdentity.HashOf("a")),
        ("Seed", "1"));

    [TestMethod]
    public void Parse_OfItsJson_IsTheSameRun()
    {
        RunIdentity read = RunIdentity.Parse(Run.ToJson());

        Assert.IsEmpty(Run.Differences(read));
        Assert.AreEqual(Run.Digest, read.Digest);
    }

    [TestMethod]
    public void Digest_OfOtherEntries_IsAnother()
    {
        RunIdentity[] runs = [Run, Of(("a", "bc")), Of(("ab", "c")), Of(("a", "b"), ("c", "d")), Of(("a", "b"), ("c", "")), Of(("a", "b"))];

        Assert.HasCount(runs.Length, runs.Select(run => run.Digest).Distinct());
        Assert.AreEqual(16, Run.Digest.Length);
    }

    [TestMethod]
    public void Differences_OfAnotherRun_NamesEachWithBothValues()
    {
        RunIdentity there = Of(
            ("Trainer", "MlpBinaryTrainer"),
            ("HiddenLayers", "[256, 128]"),
            ("Rows", RunIdentity.HashOf("b")),
            ("Epochs", "3"));

        string[] expected = [
            "HiddenLayers [256, 128] there, [64] here",
            "other Rows",
            "Seed nothing there, 1 here",
            "Epochs 3 there, nothing here"];
        CollectionAssert.AreEqual(expected, Run.Differences(there).ToArray());
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("[]")]
    [DataRow("{\"a\":1}")]
    [DataRow("{\"a\":\"1\",\"a\":\"2\"}")]
    public void Parse_OfSomethingElse_Throws(string text) => Assert.ThrowsExactly<InvalidDataException>(() => RunIdentity.Parse(text));

    private static RunIdentity Of(params (string Name, string Value)[] entries)
        => new([.. entries.Select(entry => KeyValuePair.Create(entry.Name, entry.Value))]);
}
