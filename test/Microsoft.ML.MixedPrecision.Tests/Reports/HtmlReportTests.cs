using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>What a report says, and that nothing in it is more than text.</summary>
[TestClass]
public sealed partial class HtmlReportTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [TestMethod]
    public void SaveReport_OfAFit_SaysEverythingThatIsKnown()
    {
        TrainingResult result = SomeRuns.Float16WithSkips;

        string page = Saved(result);

        string[] parts =
        [
            "Training of MlpMulticlass in mixed_float16", "skipped while the loss scale was sought", "emulated on the CPU",
            "Validation accuracy",
            "95 % interval",
            "2²⁴",
            "activations",
            "hidden.0",
            "matrix products in Float16",
            "Value ranges",
            result.Environment.Runtime,
            "LabelColumnName",
            result.Environment.Library, Html.Encode(result.Explanations[0].Reason),
        ];
        foreach (string part in parts)
        {
            StringAssert.Contains(page, part);
        }

        Assert.HasCount(6 * 2, ChartElement().Matches(page), "six curves, each for a desk and for a telephone");
        Assert.HasCount(result.History.Count, Regex.Matches(page, "data-label=\"Validation loss\"><span>[0-9]"));
    }

    [TestMethod]
    public void SaveReport_OfAnyResult_HasNoScriptAndLoadsNothing()
    {
        foreach (TrainingResult result in (TrainingResult[])[SomeRuns.Float16WithSkips, HostileResult.Create(),
            new(new PlanExplanation("", [], "")) { Memory = new(), Precision = PrecisionPolicy.Auto }])
        {
            string page = Saved(result);

            Assert.IsFalse(Regex.IsMatch(page, "<script|<img|<iframe|<object|<embed|<form|@import|javascript:", RegexOptions.IgnoreCase));
            Assert.HasCount(0, LoadingAttribute().Matches(page).Where(match => match.Groups[1].Value != "data:,"));
            Assert.HasCount(0, HandlerAttribute().Matches(page));
            StringAssert.Contains(page, "default-src 'none'");
            Assert.IsFalse(page.Contains('\0', StringComparison.Ordinal));
        }
    }

    [TestMethod]
    public void SaveReport_OfLongLists_ShowsAPartAndCounts()
    {
        string page = Saved(HostileResult.Create());

        StringAssert.Contains(page, "the first 400 of 1,000");
        Assert.IsLessThan(4 << 20, page.Length);
    }

    [TestMethod]
    public void SaveReport_OfARunThatLearntNothing_SaysSo()
        => StringAssert.Contains(Saved(SyntheticRun.Create(3, 30, _ => true, validates: false)),
            "All 90 steps were skipped: the model has its starting weights");

    [TestMethod]
    public void SaveReport_OfARunWithoutEpochs_HasItsEmptyStates()
    {
        string page = Saved(new TrainingResult(new PlanExplanation("", [], "")) { Memory = new(), Precision = PrecisionPolicy.Auto });

        StringAssert.Contains(page, "No steps were recorded");
        StringAssert.Contains(page, "Not measured");
        Assert.HasCount(0, ChartElement().Matches(page));
    }

    [TestMethod]
    public void SaveReport_OfAHundredThousandSteps_IsSmall()
        => Assert.IsLessThan(800_000, Saved(SyntheticRun.Create(100, 1000, attempt => attempt % 300 == 5)).Length);

    [TestMethod]
    public void SaveReport_UnderAnotherCulture_IsTheSame()
    {
        string expected = Saved(SomeRuns.Float16WithSkips);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("ar-SA");
            Assert.AreEqual(expected, Saved(SomeRuns.Float16WithSkips));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void SaveCurves_OfAnyResult_IsWellFormedAndDrawsWithinItsBounds()
    {
        foreach (TrainingResult result in (TrainingResult[])[SomeRuns.Float16WithSkips, HostileResult.Create(),
            SyntheticRun.Create(40, 500, a => a % 70 == 2), SyntheticRun.Create(1, 1), SyntheticRun.Create(2, 30, _ => true)])
        {
            using var folder = new TemporaryFolder();
            result.SaveCurves(folder.File("run.svg"));
            XElement svg = XDocument.Load(folder.File("run.svg")).Root!;

            Assert.AreEqual(Svg + "svg", svg.Name);
            Assert.HasCount(
                0, svg.Descendants().Where(element => element.Name.LocalName is "script" or "image" or "foreignObject" or "use" or "a"));
            foreach (XElement path in svg.Descendants(Svg + "path"))
            {
                Assert.IsFalse(NotANumber().IsMatch((string)path.Attribute("d")!), (string)path.Attribute("d")!);
            }
        }
    }

    /// <summary>Each skipped step has its cross at its scale; the scale's curve is drawn at powers of two.</summary>
    [TestMethod]
    public void SaveCurves_OfSkippedSteps_MarksEachOfThem()
    {
        TrainingResult result = SyntheticRun.Create(10, 40, attempt => attempt is 3 or 4 or 200);
        using var folder = new TemporaryFolder();
        result.SaveCurves(folder.File("run.svg"));

        string[] crosses = [.. XDocument.Load(folder.File("run.svg")).Descendants(Svg + "path").Where(
            path => (string?)path.Attribute("class") == "skipped").Select(path => (string)path.Attribute("d")!)];

        Assert.HasCount(2, crosses, "the legend's and the curve's");
        Assert.HasCount(3, Regex.Matches(crosses[1], "M"));
    }

    [TestMethod]
    public void Save_IntoAFolderThatIsNotThere_SaysSo()
    {
        using var folder = new TemporaryFolder();
        TrainingResult result = SomeRuns.Float16WithSkips;

        Assert.ThrowsExactly<DirectoryNotFoundException>(() => result.SaveReport(Path.Combine(folder.File("none"), "run.html")));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => result.SaveCurves(Path.Combine(folder.File("none"), "run.svg")));
        Assert.ThrowsExactly<ArgumentException>(() => result.SaveReport(""));
        Assert.ThrowsExactly<ArgumentException>(() => result.SaveCurves(" "));
    }

    /// <summary>
    /// Wilson's interval of 90 of 100, from the tables: 82.6 % to 94.5 %; of 10 of 10 its lower end is n/(n + z²) = 72.2 %.
    /// </summary>
    [TestMethod]
    public void Interval_OfAShare_IsWilsons()
    {
        Assert.AreEqual("of 100 rows; 95 % interval 82.6 % to 94.5 %", HtmlSummary.Interval(0.9, 100));
        Assert.AreEqual("of 10 rows; 95 % interval 72.2 % to 100.0 %", HtmlSummary.Interval(1, 10));
        Assert.AreEqual("of validation rows", HtmlSummary.Interval(0.9, 0));
        Assert.AreEqual("of validation rows", HtmlSummary.Interval(double.NaN, 10));
    }

    [TestMethod]
    [DataRow("a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;")]
    [DataRow("\u0000\u0007\u0085", "���")]
    [DataRow("ä 数 😀\n", "ä 数 😀\n")]
    public void Encode_OfAnyText_IsText(string text, string expected) => Assert.AreEqual(expected, Html.Encode(text));

    [TestMethod]
    public void Encode_OfHalfALetter_IsTheSignForNone() => Assert.AreEqual("�x�", Html.Encode(string.Concat('\uD800', 'x', '\uDC00')));

    private static string Saved(TrainingResult result)
    {
        using var folder = new TemporaryFolder();
        result.SaveReport(folder.File("run.html"));
        return File.ReadAllText(folder.File("run.html"));
    }

    [GeneratedRegex("<svg class=\"chart ")]
    private static partial Regex ChartElement();

    [GeneratedRegex("<[^>]*\\b(?:src|href|action|data|poster)=\"([^\"]*)\"")]
    private static partial Regex LoadingAttribute();

    [GeneratedRegex("<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*\\son[a-z]+=")]
    private static partial Regex HandlerAttribute();

    [GeneratedRegex("NaN|∞|Infinity|E[+-]")]
    private static partial Regex NotANumber();
}
