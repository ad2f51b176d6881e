using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Reports.Charts;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// A training as one page for people: no script, nothing loaded, and a policy in its head that would forbid both. What there is much of
/// stays folded.
/// </summary>
/// <param name="result">The training.</param>
internal sealed class HtmlReport(TrainingResult result)
{
    private readonly Html _html = new();

    /// <summary>The page.</summary>
    public string Write()
    {
        string title = $"Training of {CurvesSvg.Name(result)}";
        _html.Raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light "
                + "dark\">\n")
            .Raw("<link rel=\"icon\" href=\"data:,\">\n")
            .Add($"<title>{title}</title>\n<style>\n")
            .Raw(HtmlStyle.Css).Raw("\n").Raw(ChartStyle.Css)
            .Raw("\n</style></head><body><main>\n")
            .Add($"<header><h1>{title}</h1><p class=\"soft\">{Subtitle()}</p></header>\n");
        HtmlSummary.Write(_html, result);
        Warnings();
        Charts();
        HtmlDetails.Write(_html, result);
        _html.Add($"<footer>Written by Microsoft.ML.MixedPrecision {result.Environment.Library}.</footer></main></body></html>\n");
        return _html.ToString();
    }

    private string Subtitle()
    {
        DateTimeOffset started = result.Environment.Started;
        string when = started == default ? ""
            : string.Create(CultureInfo.InvariantCulture, $", {started.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
        return $"{(result.Device.Length == 0 ? "Device not known" : result.Device)}{when}";
    }

    private void Warnings()
    {
        _html.Raw("<section><h2>Warnings</h2>\n");
        if (result.Warnings.Count == 0)
        {
            _html.Raw("<p class=\"soft\">None.</p>\n");
        }
        else
        {
            _html.Raw("<ul class=\"warnings\">\n");
            foreach (string warning in result.Warnings.Take(HtmlTable.MostRows))
            {
                _html.Add($"<li>{warning}</li>\n");
            }

            _html.Raw("</ul>\n");
        }

        _html.Raw("</section>\n");
    }

    private void Charts()
    {
        var curves = new Curves(result);
        _html.Raw("<section><h2>Curves</h2>\n");
        if (curves.IsEmpty)
        {
            _html.Raw("<p class=\"soft\">No steps were recorded. Train for an epoch at least, and write the report of the result that "
                + "Fit leaves ")
                .Raw("in Training.</p></section>\n");
            return;
        }

        _html.Raw("<div class=\"charts\">\n");
        foreach (Chart chart in curves.All)
        {
            var svg = new StringBuilder();
            new ChartWriter(svg, chart, ChartSize.Wide, heading: false).WriteElement("wide", chart.Id);
            new ChartWriter(svg, chart, ChartSize.Narrow, heading: false).WriteElement("narrow", chart.Id + "-small");
            _html.Add($"<figure><figcaption><h3>{chart.Title}</h3><p>{chart.Description}</p></figcaption>")
                .Raw(svg.ToString())
                .Raw("</figure>\n");
        }

        _html.Raw("</div>\n");
        if (!curves.IsScaled)
        {
            _html.Raw("<p class=\"soft\">There is no curve of a loss scale, since the loss was not scaled.</p>\n");
        }

        Epochs();
        Skips();
        _html.Raw("</section>\n");
    }

    private void Epochs() => HtmlTable.WriteFolded(
        _html,
        "Epochs as a table",
        [
            new("Epoch", true), new("Loss", true), new("Validation loss", true), new("Accuracy", true), new("Gradient norm", true),
            new("Learning rate", true), new("Loss scale", true), new("Skipped", true), new("Lost", true), new("Rows/s", true),
        ],
        [.. result.History.Select(epoch => (object[])
        [
            epoch.Epoch == result.BestEpoch ? $"{Figures.Whole(epoch.Epoch)}, best" : Figures.Whole(epoch.Epoch),
            Figures.NumberOrDash(epoch.Loss),
            Figures.NumberOrDash(epoch.ValidationLoss),
            epoch.ValidationAccuracy is { } share ? Figures.Percent(share) : Figures.Unknown,
            Figures.NumberOrDash(epoch.GradientNorm),
            Figures.NumberOrDash(epoch.LearningRate),
            Figures.ScaleOnPage(epoch.LossScale),
            Figures.Whole(epoch.Skipped),
            Figures.Whole(epoch.Lost),
            Figures.Count(epoch.RowsPerSecond),
        ])]);

    private void Skips()
    {
        StepMetrics[] skipped = [.. result.History.SelectMany(epoch => epoch.Attempts).Where(step => step.Skipped)];
        if (skipped.Length > 0)
        {
            HtmlTable.WriteFolded(
                _html,
                "Skipped steps as a table",
                [
                    new("Attempt", true), new("Epoch", true), new("Step of it", true), new("Pass", true), new("Not finite first"),
                    new("Loss scale", true), new("Loss", true),
                ],
                [.. skipped.Select(step => (object[])
                [
                    Figures.Whole(step.Attempt), Figures.Whole(step.Epoch), Figures.Whole(step.EpochStep), Figures.Whole(step.RetryPass),
                    step.NonFinite!, Figures.ScaleOnPage(step.LossScale), Figures.NumberOrDash(step.Loss),
                ])]);
        }
    }
}
