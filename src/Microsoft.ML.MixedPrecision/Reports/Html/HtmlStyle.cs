namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// The look of a report: one column on a telephone, two of charts on a desk, black on white on paper. Text has a contrast of at least 4.5
/// to 1.
/// </summary>
internal static class HtmlStyle
{
    /// <summary>Style sheet, beside that of the charts.</summary>
    public const string Css = """
        :root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--line:#e2e5ea;--text:#111827;--soft:#4b5563;--accent:#2563eb;
        --bar:#bcd2fb;--warn:#fff7e6;--warn-line:#d97706}
        @media screen and (prefers-color-scheme:dark){
        :root{--ground:#0b0e13;--card:#12161d;--line:#2b323d;--text:#f3f4f6;--soft:#b6bfcc;--accent:#6ea8fe;
        --bar:#23427a;--warn:#2a2112;--warn-line:#f0b35a}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--ground);color:var(--text);
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;
        font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        main{max-width:1240px;margin:0 auto;padding:24px 16px 40px}
        h1{font-size:24px;line-height:1.25;margin:0}
        h2{font-size:18px;margin:32px 0 10px}
        h3{font-size:15px;margin:0}
        p{margin:4px 0}
        .soft,figcaption p,dt,th{color:var(--soft)}
        a{color:var(--accent)}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(134px,1fr));gap:10px;margin:18px 0 0}
        .tiles>div,figure,.card,.warnings li{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
        .tiles dt{font-size:13px}
        .tiles dd{margin:0;font-size:20px;font-weight:600;line-height:1.3}
        .tiles dd small{display:block;font-size:12px;font-weight:400;color:var(--soft)}
        .warnings{list-style:none;margin:0;padding:0;display:grid;gap:8px}
        .warnings li{background:var(--warn);border-left:4px solid var(--warn-line)}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:14px}
        figure{margin:0;padding:12px 14px 8px;min-width:0}
        figcaption p{font-size:13px}
        svg.chart{display:block;width:100%;height:auto;margin-top:6px}
        svg.narrow{display:none}
        .card{padding:4px 14px}
        details{margin-top:12px}
        summary{cursor:pointer;min-height:28px;padding:3px 0;color:var(--accent)}
        summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
        .tiles+p{margin-top:12px}
        table{width:100%;border-collapse:collapse;font-size:14px}
        caption{text-align:left;color:var(--soft);font-size:13px;padding:4px 0}
        th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}
        tr:last-child>td{border-bottom:0}
        th{font-weight:600;font-size:13px;overflow-wrap:normal}
        td.short{white-space:nowrap}
        td.number,th.number{text-align:right;white-space:nowrap}
        td.bar{width:38%}
        td.bar span{display:block;height:14px;margin-top:4px;min-width:1px;background:var(--bar);border-radius:2px}
        pre{white-space:pre-wrap;font:12px/1.5 ui-monospace,Consolas,"DejaVu Sans Mono",monospace}
        footer{margin-top:32px;font-size:13px;color:var(--soft)}
        @media screen and (max-width:900px){
        thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
        tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
        tbody tr:last-child{border-bottom:0}
        td,td.number,td.short{display:flex;gap:12px;justify-content:space-between;text-align:right;white-space:normal;
        border:0;padding:2px 0}
        td::before{content:attr(data-label);color:var(--soft);text-align:left;flex:0 0 auto;max-width:45%}
        td.bar{width:100%}
        td.bar::before{content:none}
        }
        @media screen and (max-width:520px){
        main{padding:16px 10px 32px}figure{padding:10px 8px 4px}svg.wide{display:none}svg.narrow{display:block}}
        @media print{
        :root{--ground:#fff;--card:#fff;--line:#ccc;--text:#000;--soft:#333;--bar:#bcd2fb;--warn:#fff}
        body{font-size:11pt}
        main{max-width:none;padding:0}
        .charts{grid-template-columns:1fr 1fr}
        svg.wide{display:none}
        svg.narrow{display:block}
        figure,.card,tr,.tiles>div,.warnings li{break-inside:avoid}
        h2{break-after:avoid}
        details:not([open]){display:none}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        }
        """;
}
