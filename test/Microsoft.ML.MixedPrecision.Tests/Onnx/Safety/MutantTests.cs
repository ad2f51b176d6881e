using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Safety;

/// <summary>
/// 10,000 damaged copies of three real files, a third each of our export in Float32, in Float16, and of ML.NET's own parts: each ends in an
/// error that says what is wrong, or runs; none crashes the process or takes more memory than the limit. The first 2,000 run always, the
/// others with
/// the environment variable MIXEDPRECISION_LONG_TESTS set to 1.
/// </summary>
[TestClass]
public sealed class MutantTests
{
    private const string LongTests = "MIXEDPRECISION_LONG_TESTS";
    private const long Limit = 64L << 20;

    /// <summary>
    /// What opening any session takes besides the values, and what the collector leaves lying about. A good file takes below 20 MiB; the
    /// smallest attack
    /// that the limit lets through is another 64.
    /// </summary>
    private const long OverheadKiB = 48 << 10;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void Mutants_OfThreeFiles_EndInAnErrorOrRun() => Check(0, 2000);

    [TestMethod]
    [TestCategory("LongRunning")]
    [DataRow(2000)]
    [DataRow(4000)]
    [DataRow(6000)]
    [DataRow(8000)]
    public void MoreMutants_OfThreeFiles_EndInAnErrorOrRun(int first)
    {
        if (Environment.GetEnvironmentVariable(LongTests) != "1")
        {
            Assert.Inconclusive($"Takes a minute; set {LongTests}=1 to run it.");
        }

        Check(first, 2000);
    }

    private void Check(int first, int count)
    {
        // With their checksums all that is damaged would be refused for that.
        byte[][] files = [
            .. new[]
            {
                ExportedModels.Network(NumericFormat.Float32),
                ExportedModels.Network(NumericFormat.Float16),
                ExportedModels.MLNet(),
            }.Select(OnnxChecksumTests.Without)];
        Mutator[] mutators = Array.ConvertAll(files, file => new Mutator(file));
        IEnumerable<byte[]> mutants = Enumerable.Range(first, count).Select(seed => mutators[seed % 3].Mutate(seed));

        // The good files first: that they run shows that the others fail for what is wrong with them.
        List<Application> results = MutantProcess.Run(files.Concat(mutants), Flower.Rows(ExportedModels.Ml, 150), Limit);

        for (int i = 0; i < results.Count; i++)
        {
            string mutant = i < files.Length ? $"the good file {i}" : $"seed {first + i - files.Length}";
            Assert.IsFalse(results[i].Outcome is "crashed" or "unexpected", $"{mutant}: {results[i]}");
            Assert.IsLessThanOrEqualTo((Limit >> 10) + OverheadKiB, results[i].MemoryKiB, $"{mutant}: {results[i]}");
        }

        Assert.HasCount(files.Length + count, results);
        Assert.IsTrue(
            results.Take(files.Length).All(result => result.Outcome == "ran"),
            string.Join(Environment.NewLine, results.Take(files.Length)));
        Assert.IsTrue(
            results.Any(result => result.Outcome == "refused") && results.Skip(files.Length).Any(result => result.Outcome == "ran"));
        TestContext.WriteLine(string.Join(", ", results.GroupBy(result => result.Outcome).Select(group =>
            $"{group.Key}: {group.Count()}, most memory {group.Max(result => result.MemoryKiB)} KiB")));
        foreach (string message in results.Where(result => result.Outcome == "error").Select(result => result.Message).Distinct().Take(40))
        {
            TestContext.WriteLine(message);
        }
    }
}
