using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Results as comma-separated values.</summary>
[TestClass]
public sealed class TrainingCsvTests
{
    [TestMethod]
    public void WriteCsv_OfAFit_HasEachEpochAndEachStepToTheLastBit()
    {
        TrainingResult result = SomeRuns.Float16WithSkips;

        (string[][] epochs, string[][] steps) = Written(result);

        Assert.HasCount(1 + result.History.Count, epochs);
        Assert.AreEqual("epoch", epochs[0][0]);
        int loss = Array.IndexOf(epochs[0], "validation_loss");
        CollectionAssert.AreEqual(result.History.Select(epoch => epoch.ValidationLoss).ToArray(),
            epochs.Skip(1).Select(row => (double?)Number(row[loss])).ToArray());
        StepMetrics[] kept = [.. result.History.SelectMany(epoch => epoch.Attempts)];
        Assert.HasCount(1 + kept.Length, steps);
        int norm = Array.IndexOf(steps[0], "gradient_norm"), place = Array.IndexOf(steps[0], "non_finite");
        CollectionAssert.AreEqual(
            kept.Select(step => step.GradientNorm).ToArray(), steps.Skip(1).Select(row => Number(row[norm])).ToArray());
        CollectionAssert.AreEqual(kept.Select(step => step.NonFinite ?? "").ToArray(), steps.Skip(1).Select(row => row[place]).ToArray());
        Assert.HasCount(1, steps.Select(row => row.Length).Distinct());
    }

    [TestMethod]
    public void WriteCsv_UnderAnotherCulture_IsTheSame()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string expected = Texts(SomeRuns.Float16WithSkips);
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("de-DE");
            Assert.AreEqual(expected, Texts(SomeRuns.Float16WithSkips));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    [DataRow("=1+1", "'=1+1")]
    [DataRow("+1", "'+1")]
    [DataRow("-1", "'-1")]
    [DataRow("@SUM(A1)", "'@SUM(A1)")]
    [DataRow("\t=1", "'\t=1")]
    [DataRow("\r=1", "\"'\r=1\"")]
    [DataRow("a,b", "\"a,b\"")]
    [DataRow("say \"a\"", "\"say \"\"a\"\"\"")]
    [DataRow("two\nlines", "\"two\nlines\"")]
    [DataRow("hidden.0.weight", "hidden.0.weight")]
    public void WriteCsv_OfATextThatIsMoreThanText_IsSafe(string place, string cell)
    {
        TrainingResult result = FilledResult.Create();
        FilledResult.Set(result.History[0].Attempts[0], nameof(StepMetrics.NonFinite), place);

        StringAssert.EndsWith(Texts(TrainingResult.FromJson(result.ToJson())), "," + cell + "\n");
    }

    [TestMethod]
    public void WriteCsv_OfAnUnknownNumber_IsEmpty()
    {
        TrainingResult result = FilledResult.Create();
        FilledResult.Set(result.History[0], nameof(TrainingMetrics.ValidationLoss), null);

        (string[][] epochs, _) = Written(result);

        Assert.AreEqual("", epochs[1][Array.IndexOf(epochs[0], "validation_loss")]);
    }

    [TestMethod]
    public void WriteCsv_IntoAFolderThatIsNotThere_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.File("none"), "run.csv");

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => SomeRuns.Float16WithSkips.WriteCsv(path));
        Assert.ThrowsExactly<ArgumentException>(() => SomeRuns.Float16WithSkips.WriteCsv(" "));
        Assert.IsFalse(File.Exists(path));
    }

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);

    private static string Texts(TrainingResult result)
    {
        using var folder = new TemporaryFolder();
        result.WriteCsv(folder.File("run.csv"));
        Assert.HasCount(2, Directory.GetFiles(Path.GetDirectoryName(folder.File("run.csv"))!));
        return File.ReadAllText(folder.File("run.csv")) + File.ReadAllText(folder.File("run.steps.csv"));
    }

    private static (string[][] Epochs, string[][] Steps) Written(TrainingResult result)
    {
        using var folder = new TemporaryFolder();
        result.WriteCsv(folder.File("run.csv"));
        string[][] Cells(string name) => [.. File.ReadAllLines(folder.File(name)).Select(line => line.Split(','))];
        return (Cells("run.csv"), Cells("run.steps.csv"));
    }
}
