namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>
/// The look of charts, the same in a page and in a drawing of its own: light and dark by the reader's preference, always light on paper.
/// Colours have a contrast of at least 3 to 1 to their ground, text at least 4.5 to 1.
/// </summary>
internal static class ChartStyle
{
    /// <summary>Style sheet.</summary>
    public const string Css = """
        .chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
        .chart text{fill:#4b5563}
        .chart .heading{fill:#111827;font-weight:600;font-size:14px}
        .chart .ground{fill:#fff}
        .chart path,.chart line{fill:none;vector-effect:non-scaling-stroke}
        .chart .note{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
        .chart .grid{stroke:#e5e7eb}
        .chart .axis{stroke:#9ca3af}
        .chart .mark{stroke:#6b7280;stroke-dasharray:2 3}
        .chart .raw{stroke:#2563eb;stroke-opacity:.35}
        .chart .train{stroke:#2563eb;stroke-width:2}
        .chart .validation{stroke:#c2410c;stroke-width:2;stroke-dasharray:6 3}
        .chart circle.train{fill:#2563eb;stroke:none}
        .chart circle.validation{fill:#c2410c;stroke:none}
        .chart .skipped{stroke:#b91c1c;stroke-width:1.5}
        @media screen and (prefers-color-scheme:dark){
        .chart text{fill:#b6bfcc}
        .chart .heading{fill:#f3f4f6}
        .chart .ground{fill:#12161d}
        .chart .note{stroke:#12161d}
        .chart .grid{stroke:#2b323d}
        .chart .axis{stroke:#6b7280}
        .chart .mark{stroke:#9ca3af}
        .chart .raw{stroke:#6ea8fe;stroke-opacity:.4}
        .chart .train{stroke:#6ea8fe}
        .chart .validation{stroke:#f59e6b}
        .chart circle.train{fill:#6ea8fe}
        .chart circle.validation{fill:#f59e6b}
        .chart .skipped{stroke:#ff8080}
        }
        """;
}
