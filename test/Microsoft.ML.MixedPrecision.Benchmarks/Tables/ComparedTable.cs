using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables;

/// <summary>What a table may be used for.</summary>
internal enum Half
{
    /// <summary>To choose defaults on.</summary>
    Tuning,

    /// <summary>To report on; no default is chosen by looking at it.</summary>
    Reporting,
}

/// <summary>A table of the comparison.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Half">What it may be used for.</param>
/// <param name="Variant">The variant that it is drawn as; empty for a real one.</param>
/// <param name="Read">Reads or draws it; real tables are in the given folder.</param>
internal sealed record ComparedTable(string Name, Half Half, string Variant, Func<string, TableData> Read)
{
    private static readonly (int Rows, string Name)[] Sizes = [(2_000, "2k"), (20_000, "20k"), (200_000, "200k")];

    /// <summary>Real tables by what is asked of them.</summary>
    private static readonly (Question Question, string[] Names)[] Names =
    [
        (Question.Binary,
        [
            "attrition", "credit_data", "doctor_visits", "flchain", "flights", "lending_club", "mlc_churn", "penguins", "pima_diabetes",
            "smoke_ban", "stackoverflow", "wa_churn",
        ]),
        (Question.Multiclass, ["letter_recognition", "satellite", "seattle_weather", "soybean", "vehicle"]),
        (Question.Regression, ["ames", "car_prices", "concrete", "cps1988", "sacramento"]),
    ];

    /// <summary>
    /// Real tables. Their halves were fixed before any result of ours on them was looked at, by this rule: in the order of question (yes or
    /// no, classes, numbers), then of name, the first is for tuning, the second for reporting, and so on in turns.
    /// </summary>
    public static IReadOnlyList<ComparedTable> Real { get; } =
    [
        .. Names.SelectMany(group => group.Names.Order(StringComparer.Ordinal)).Select((name, i) => new ComparedTable(
            name,
            i % 2 == 0 ? Half.Tuning : Half.Reporting,
            "",
            folder => CsvTable.Read(folder, name))),
    ];

    /// <summary>
    /// Made-up tables: each variant of each size, of yes or no and of numbers, with coefficients and rows of seed 1 for tuning and of seed
    /// 2 for reporting.
    /// </summary>
    public static IReadOnlyList<ComparedTable> Made { get; } =
    [
        .. from half in Enum.GetValues<Half>()
           from variant in MadeVariant.All
           from question in new[] { Question.Binary, Question.Regression }
           from size in Sizes
           select new ComparedTable(
               $"{variant.Name}_{(question == Question.Binary ? "yes" : "amount")}_{size.Name}{(half == Half.Tuning ? "" : "_b")}",
               half,
               variant.Name,
               _ => MadeTable.Draw(variant, question, size.Rows, half == Half.Tuning ? 1 : 2)),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ComparedTable> All { get; } = [.. Real, .. Made];

    /// <summary>Whether it is drawn.</summary>
    public bool IsMade => Variant.Length > 0;

    /// <summary>
    /// The tables that a word of the command line means: a name, or <c>tuning</c>, <c>reporting</c> (real tables of that half),
    /// <c>made_tuning</c>, <c>made_reporting</c> (made-up ones of 2,000 and 20,000 rows).
    /// </summary>
    public static IEnumerable<ComparedTable> Named(string word) => word switch
    {
        "tuning" => Real.Where(table => table.Half == Half.Tuning),
        "reporting" => Real.Where(table => table.Half == Half.Reporting),
        "made_tuning" => Small(Half.Tuning),
        "made_reporting" => Small(Half.Reporting),
        _ => All.Where(table => table.Name == word),
    };

    private static IEnumerable<ComparedTable> Small(Half half)
        => Made.Where(table => table.Half == half && !table.Name.Contains("200k", StringComparison.Ordinal));
}
