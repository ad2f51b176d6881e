namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>A report and its curves as a browser shows them.</summary>
[TestClass]
public sealed class ReportInBrowserTests
{
    private const string TooWide = """
        [...document.querySelectorAll('body *')].filter(e => e.getClientRects().length > 0 && !e.closest('thead') && e.getBoundingClientRect().right > innerWidth + 0.5)
          .map(e => e.tagName + '.' + (e.getAttribute('class') ?? '') + ' to ' + e.getBoundingClientRect().right + ': ' + e.textContent.slice(0, 40)).slice(0, 5).join('; ')
        """;

    private const string DoubleIds = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) < "
        + "i).join()";

    private static readonly int[] Widths = [360, 768, 901, 1280];

    [TestMethod]
    public async Task SaveReport_InABrowser_AsksForNothingComplainsOfNothingAndFitsEveryWidth()
    {
        using Chromium browser = Chromium.Start();
        using BrowserPage page = await browser.OpenPageAsync();
        using var folder = new TemporaryFolder();
        foreach ((string name, TrainingResult result) in Results)
        {
            string file = folder.File($"{name}.html");
            result.SaveReport(file);
            foreach (int width in Widths)
            {
                await page.EmulateAsync(width, dark: false);
                await page.NavigateAsync(new Uri(file));
                Assert.AreEqual("", await page.EvaluateAsync(TooWide), $"{name} at {width}");
                await page.EvaluateAsync("document.querySelectorAll('details').forEach(e => e.open = true)");
                Assert.AreEqual("", await page.EvaluateAsync(TooWide), $"{name} at {width}, all unfolded");
                Assert.AreEqual(
                    "true", await page.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"), $"{name} at {width}");
            }

            Assert.AreEqual("1", await page.EvaluateAsync("document.querySelectorAll('h1').length"));
            Assert.AreEqual("", await page.EvaluateAsync(DoubleIds), "ids are unique");
        }

        Assert.IsEmpty(page.Complaints, string.Join(Environment.NewLine, page.Complaints));
        Assert.IsTrue(page.Requests.TrueForAll(url => url.StartsWith("file:", StringComparison.Ordinal)
            && url.EndsWith(".html", StringComparison.Ordinal)), string.Join(", ", page.Requests));
        Assert.HasCount(Results.Count() * Widths.Length, page.Requests);
    }

    /// <summary>Text on its ground has a contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3).</summary>
    [TestMethod]
    public async Task SaveReport_InLightAndDark_IsReadable()
    {
        using Chromium browser = Chromium.Start();
        using BrowserPage page = await browser.OpenPageAsync();
        using var folder = new TemporaryFolder();
        SomeRuns.Float16WithSkips.SaveReport(folder.File("run.html"));
        var grounds = new List<string>();
        foreach (bool dark in (bool[])[false, true])
        {
            await page.EmulateAsync(1280, dark);
            await page.NavigateAsync(new Uri(folder.File("run.html")));
            grounds.Add(await page.EvaluateAsync("getComputedStyle(document.body).backgroundColor"));
            Assert.AreEqual("", await page.EvaluateAsync(FaintTexts), dark ? "dark" : "light");
        }

        Assert.AreNotEqual(grounds[0], grounds[1]);
    }

    [TestMethod]
    public async Task SaveCurves_InABrowser_AsksForNothingAndComplainsOfNothing()
    {
        using Chromium browser = Chromium.Start();
        using BrowserPage page = await browser.OpenPageAsync();
        using var folder = new TemporaryFolder();
        SomeRuns.Float16WithSkips.SaveCurves(folder.File("run.svg"));

        await page.NavigateAsync(new Uri(folder.File("run.svg")));

        Assert.AreEqual("svg", await page.EvaluateAsync("document.documentElement.tagName"));
        Assert.IsEmpty(page.Complaints, string.Join(Environment.NewLine, page.Complaints));
        Assert.HasCount(1, page.Requests);
    }

    private static IEnumerable<(string Name, TrainingResult Result)> Results =>
    [
        ("a fit", SomeRuns.Float16WithSkips),
        ("one epoch", SomeRuns.Fit(options => options.Epochs = 1)),
        ("many steps", SyntheticRun.Create(50, 400, attempt => attempt % 90 == 1)),
        ("all skipped", SyntheticRun.Create(3, 30, _ => true, validates: false)),
        ("hostile", HostileResult.Create()),
    ];

    private const string FaintTexts = """
        (() => {
          const numbers = color => (color.match(/[\d.]+/g) ?? []).map(Number);
          const light = color => numbers(color).slice(0, 3).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
          const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (numbers(c)[3] !== 0) return c; } return 'rgb(255,255,255)'; };
          return [...document.querySelectorAll('body *:not(title, desc)')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => {
            const style = getComputedStyle(e), a = light(e.closest('svg') ? style.fill : style.color), b = light(ground(e));
            return { e, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
          }).filter(x => x.ratio < 4.5).map(x => x.e.tagName + ' ' + x.ratio.toFixed(2) + ' ' + x.e.textContent.slice(0, 30)).slice(0, 5).join('; ');
        })()
        """;
}
