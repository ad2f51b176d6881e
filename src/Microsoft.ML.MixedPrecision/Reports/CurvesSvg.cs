using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Reports.Charts;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>The curves as one drawing: SVG with its own style, light and dark, one chart below the other.</summary>
internal static class CurvesSvg
{
    private const double Margin = 20, Head = 48, Gap = 14;

    /// <summary>The drawing.</summary>
    /// <param name="result">The training.</param>
    public static string Write(TrainingResult result)
    {
        IReadOnlyList<Chart> charts = new Curves(result).All;
        double width = ChartSize.Wide.Width + (2 * Margin);
        double height = Head + (Math.Max(charts.Count, 0.3) * (ChartSize.Wide.Height + Gap)) + Margin;
        string title = $"Training of {Name(result)}", text = charts.Count == 0 ? "No steps were recorded." : result.ToString();
        var svg = new StringBuilder();
        string description = string.Join(" ", charts.Select(chart => chart.Description).Prepend(text + "."));
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {width} {height}\"");
        svg.Append(CultureInfo.InvariantCulture, $" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title text\">\n");
        svg.Append(CultureInfo.InvariantCulture,
            $"<title id=\"title\">{Html.Encode(title)}</title><desc id=\"text\">{Html.Encode(description)}</desc>\n");
        svg.Append("<style>svg{color-scheme:light dark}\n").Append(ChartStyle.Css).Append("</style>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"heading\" x=\"{Margin}\" y=\"26\">{Html.Encode(title)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"44\">{Html.Encode(text)}</text>\n");
        for (int i = 0; i < charts.Count; i++)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<g transform=\"translate({Margin} {Head + Gap + (i * (ChartSize.Wide.Height + Gap))})\">");
            new ChartWriter(svg, charts[i], ChartSize.Wide, heading: true).WriteBody();
            svg.Append("</g>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Trainer and policy.</summary>
    public static string Name(TrainingResult result)
        => $"{(result.Environment.Trainer.Length == 0 ? "a network" : result.Environment.Trainer)} in {result.Precision.Name}";
}
