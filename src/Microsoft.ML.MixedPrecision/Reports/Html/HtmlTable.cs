namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsNumber">Whether its cells are numbers, which stand to the right.</param>
internal readonly record struct HtmlColumn(string Name, bool IsNumber = false);

/// <summary>Tables that on a telephone become a block a row, each cell behind its heading, so that nothing scrolls sideways.</summary>
internal static class HtmlTable
{
    /// <summary>Rows that a page shows; the rest is counted.</summary>
    public const int MostRows = 400;

    /// <summary>Letters of a cell that is short.</summary>
    private const int ShortCell = 20;

    /// <summary>Writes a table.</summary>
    /// <param name="html">The page.</param>
    /// <param name="caption">What it holds.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">Cells, texts or <see cref="Markup"/>.</param>
    public static void Write(Html html, string caption, HtmlColumn[] columns, IReadOnlyList<object[]> rows)
    {
        html.Add($"<table><caption>{Caption(caption, rows.Count)}</caption><thead><tr>");
        foreach (HtmlColumn column in columns)
        {
            html.Add($"<th scope=\"col\"{Class(column)}>{column.Name}</th>");
        }

        html.Raw("</tr></thead><tbody>\n");
        foreach (object[] row in rows.Take(MostRows))
        {
            html.Raw("<tr>");
            for (int i = 0; i < columns.Length; i++)
            {
                html.Add($"<td{Class(columns[i], row[i])} data-label=\"{columns[i].Name}\"><span>{row[i]}</span></td>");
            }

            html.Raw("</tr>\n");
        }

        html.Raw("</tbody></table>\n");
    }

    /// <summary>Writes a table that opens on a click.</summary>
    /// <param name="html">The page.</param>
    /// <param name="summary">What is clicked.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">The cells.</param>
    public static void WriteFolded(Html html, string summary, HtmlColumn[] columns, IReadOnlyList<object[]> rows)
    {
        html.Add($"<details><summary>{summary}</summary><div class=\"card\">");
        Write(html, summary, columns, rows);
        html.Raw("</div></details>\n");
    }

    /// <summary>Writes amounts with bars as long as their share of the sum.</summary>
    /// <param name="html">The page.</param>
    /// <param name="caption">What it holds.</param>
    /// <param name="columns">Headings of name, amount and explanation.</param>
    /// <param name="rows">Name, amount, the amount as text, explanation.</param>
    public static void WriteBars(
        Html html,
        string caption,
        (string Name, string Amount, string What) columns,
        IReadOnlyList<(string Name, double Amount, string Text, string What)> rows)
    {
        double sum = rows.Sum(row => row.Amount);
        html.Add($"<div class=\"card\"><table><caption>{caption}</caption><thead><tr><th scope=\"col\">{columns.Name}</th>");
        html.Add($"<th scope=\"col\" class=\"number\">{columns.Amount}</th><th scope=\"col\">Share</th>");
        html.Add($"<th scope=\"col\">{columns.What}</th></tr></thead><tbody>\n");
        foreach ((string name, double amount, string text, string what) in rows)
        {
            double share = sum > 0 ? amount / sum : 0;
            var length = new Markup((100 * share).ToString("0.#", System.Globalization.CultureInfo.InvariantCulture));
            html.Add($"<tr><td class=\"short\" data-label=\"{columns.Name}\"><span>{name}</span></td>");
            html.Add($"<td class=\"number\" data-label=\"{columns.Amount}\"><span>{text}</span></td>");
            html.Add(
                $"<td class=\"bar\" data-label=\"Share\"><span style=\"width:{length}%\" title=\"{Figures.Percent(share)}\"></span></td>");
            html.Add($"<td data-label=\"{columns.What}\"><span>{what}</span></td></tr>\n");
        }

        html.Raw("</tbody></table></div>\n");
    }

    private static string Caption(string caption, int rows)
        => rows <= MostRows ? caption : $"{caption}: the first {Figures.Whole(MostRows)} of {Figures.Whole(rows)}";

    /// <summary>A short cell is not broken, so that a format or a layer stays one word.</summary>
    private static Markup Class(HtmlColumn column, object cell)
        => column.IsNumber || $"{cell}".Length > ShortCell ? Class(column) : new Markup(" class=\"short\"");

    private static Markup Class(HtmlColumn column) => new(column.IsNumber ? " class=\"number\"" : "");
}
