using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>Draws charts as SVG. Every text is encoded; nothing is loaded, and nothing runs.</summary>
/// <param name="svg">Receives the drawing.</param>
/// <param name="chart">The chart.</param>
/// <param name="size">Its size.</param>
/// <param name="heading">Whether the title is drawn, and not only said.</param>
internal sealed class ChartWriter(StringBuilder svg, Chart chart, ChartSize size, bool heading)
{
    private const double LeftOfPlot = 58, RightOfPlot = 14, BelowPlot = 40, LegendLine = 20, HeadingLine = 22;

    /// <summary>Room of a letter and a tick's label, of text of 12 pixels.</summary>
    private const double Letter = 6.8, TickWidth = 58, TickHeight = 30;

    private double Top => LegendLine + 8 + (heading ? HeadingLine : 0);

    private double PlotWidth => size.Width - LeftOfPlot - RightOfPlot;

    private double PlotHeight => size.Height - Top - BelowPlot;

    /// <summary>Writes an element of its own, with title and description for those who do not see it.</summary>
    /// <param name="style">Further classes.</param>
    /// <param name="id">Unique on the page.</param>
    public void WriteElement(string style, string id)
    {
        Add($"<svg class=\"chart {style}\" viewBox=\"0 0 {size.Width} {size.Height}\" role=\"img\"");
        Add($" aria-labelledby=\"{id}-title {id}-text\">");
        Add($"<title id=\"{id}-title\">{Html.Encode(chart.Title)}</title><desc id=\"{id}-text\">{Html.Encode(chart.Description)}</desc>");
        WriteBody();
        Add($"</svg>\n");
    }

    /// <summary>Writes what is within.</summary>
    public void WriteBody()
    {
        if (heading)
        {
            Add($"<text class=\"heading\" x=\"{LeftOfPlot}\" y=\"16\">{Html.Encode(chart.Title)}</text>");
        }

        Legend();
        AxisY();
        AxisX();
        MarkLine();
        foreach (ChartSeries series in chart.Series)
        {
            Series(series);
        }

        MarkText();
    }

    private void Legend()
    {
        double x = LeftOfPlot, y = Top - LegendLine + 4;
        foreach (ChartSeries series in chart.Series)
        {
            if (series.Kind == SeriesKind.Crosses)
            {
                Add($"<path class=\"{series.Style}\" d=\"{Cross(x + 8, y)}\"/>");
            }
            else
            {
                Add($"<path class=\"{series.Style}\" d=\"M{x} {y}h16\"/>");
            }

            if (series.Kind == SeriesKind.DottedLine)
            {
                Add($"<circle class=\"{series.Style}\" cx=\"{x + 8}\" cy=\"{y}\" r=\"3\"/>");
            }

            Add($"<text x=\"{x + 21}\" y=\"{y + 4}\">{Html.Encode(series.Name)}</text>");
            x += 21 + (series.Name.Length * Letter) + 12;
        }
    }

    private void AxisY()
    {
        foreach (Tick tick in chart.Y.Ticks(Math.Max(2, (int)(PlotHeight / TickHeight))))
        {
            double y = Y(tick.Value);
            Add($"<path class=\"grid\" d=\"M{LeftOfPlot} {y}h{PlotWidth}\"/>");
            Add($"<text x=\"{LeftOfPlot - 7}\" y=\"{y + 4}\" text-anchor=\"end\">{Html.Encode(tick.Label + chart.Y.Unit)}</text>");
        }
    }

    private void AxisX()
    {
        double bottom = Top + PlotHeight;
        Add($"<path class=\"axis\" d=\"M{LeftOfPlot} {bottom}h{PlotWidth}\"/>");
        foreach (Tick tick in chart.X.Ticks(Math.Max(2, (int)(PlotWidth / TickWidth))))
        {
            double x = X(tick.Value);
            Add($"<path class=\"axis\" d=\"M{x} {bottom}v4\"/>");
            Add($"<text x=\"{x}\" y=\"{bottom + 17}\" text-anchor=\"middle\">{Html.Encode(tick.Label)}</text>");
        }

        Add($"<text x=\"{LeftOfPlot + (PlotWidth / 2)}\" y=\"{bottom + 34}\" text-anchor=\"middle\">{Html.Encode(chart.X.Label)}</text>");
    }

    private void MarkLine()
    {
        if (chart.Mark is { } mark)
        {
            Add($"<path class=\"mark\" d=\"M{X(mark.X)} {Top}v{PlotHeight}\"/>");
        }
    }

    /// <summary>Over the curves, on the side of the line that has room.</summary>
    private void MarkText()
    {
        if (chart.Mark is not { } mark)
        {
            return;
        }

        double x = X(mark.X);
        bool toTheLeft = x > LeftOfPlot + (PlotWidth / 2);
        (double side, string anchor) = toTheLeft ? (-5, "end") : (5, "start");
        Add($"<text class=\"note\" x=\"{x + side}\" y=\"{Top + 11}\" text-anchor=\"{anchor}\">{Html.Encode(mark.Text)}</text>");
    }

    private void Series(ChartSeries series)
    {
        ChartPoint[] points = [.. PointThinning.Of(series.Points, chart.X, (int)PlotWidth)];
        if (series.Kind == SeriesKind.Crosses)
        {
            string crosses = string.Concat(points.Where(Shows).Select(point => Cross(X(point.X), Y(point.Y))).Distinct());
            Add($"<path class=\"{series.Style}\" d=\"{crosses}\"/>");
            return;
        }

        Add($"<path class=\"{series.Style}\" d=\"{Line(points, series.Kind == SeriesKind.Steps)}\"/>");
        if (series.Kind == SeriesKind.DottedLine)
        {
            foreach (ChartPoint point in points.Where(Shows))
            {
                Add($"<circle class=\"{series.Style}\" cx=\"{X(point.X)}\" cy=\"{Y(point.Y)}\" r=\"{(points.Length > 60 ? 1.5 : 2.5)}\"/>");
            }
        }
    }

    private string Line(ChartPoint[] points, bool steps)
    {
        var path = new StringBuilder();
        bool begins = true;
        foreach (ChartPoint point in points)
        {
            if (!Shows(point))
            {
                begins = true;
                continue;
            }

            string x = Text(X(point.X)), y = Text(Y(point.Y));
            path.Append(begins ? $"M{x} {y}" : steps ? $"H{x}V{y}" : $"L{x} {y}");
            begins = false;
        }

        return path.ToString();
    }

    private bool Shows(ChartPoint point) => chart.Y.Shows(point.Y);

    private double X(double value) => LeftOfPlot + (chart.X.Position(value) * PlotWidth);

    private double Y(double value) => Top + ((1 - chart.Y.Position(value)) * PlotHeight);

    private static string Cross(double x, double y) => $"M{Text(x - 3.5)} {Text(y - 3.5)}l7 7m0-7l-7 7";

    /// <summary>A tenth of a pixel is as exact as a drawing is.</summary>
    private static string Text(double length) => length.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Numbers as <see cref="Text"/>; texts as they are, so that they must be encoded before.</summary>
    private void Add(FormattableString markup)
    {
        object?[] parts = [.. markup.GetArguments().Select(part => part is double number ? Text(number) : part)];
        svg.AppendFormat(CultureInfo.InvariantCulture, markup.Format, parts);
    }
}
