using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>What a person should know of missing features in the rows of a training, slot by slot.</summary>
/// <param name="columns">Columns of the rows.</param>
internal sealed class GapReport(LabelledColumns columns)
{
    private const int MostSlots = 8;

    /// <summary>Gaps that train, as they are expected.</summary>
    /// <param name="gaps">Rows in which each feature is missing.</param>
    /// <param name="rows">Rows that train.</param>
    /// <param name="filler">What is done.</param>
    public string Training(int[] gaps, int rows, GapFiller filler)
    {
        int[] slots = [.. Enumerable.Range(0, gaps.Length).Where(slot => gaps[slot] > 0)];
        return slots.Length == 0
            ? $"No feature of column '{columns.Features.Name}' is missing in the {rows} rows that train; where one is in rows to score, "
                + "the median of its slot is taken."
            : $"{Slots(slots, gaps.Length)} of column '{columns.Features.Name}' {Have(slots)} gaps in the {rows} rows that train: "
                + $"{Counts(slots, gaps)}. They are filled with the median of the slot, and the network reads {filler.Indicated.Length} "
                + "indicators besides.";
    }

    /// <summary>Features of which no row that counts has a value; null if there are none.</summary>
    /// <param name="quartiles">Of the rows that train.</param>
    public string? Empty(FeatureQuartiles[] quartiles)
    {
        int[] slots = [.. Enumerable.Range(0, quartiles.Length).Where(slot => quartiles[slot].Values == 0)];
        return slots.Length == 0
            ? null
            : $"{Slots(slots, quartiles.Length)} of column '{columns.Features.Name}' {(slots.Length == 1 ? "is" : "are")} missing in every "
                + $"row that trains: {Names(slots, columns.NameOfSlot)}. Nothing is learned of them, and gaps become 0. Drop them, or "
                + "check how the column is read.";
    }

    /// <summary>Gaps in slots that have no indicator; null if there are none.</summary>
    /// <param name="gaps">Rows in which each feature is missing.</param>
    /// <param name="rows">Rows that were looked at.</param>
    /// <param name="which">Which rows they are: <c>that train</c>.</param>
    /// <param name="filler">What is done.</param>
    public string? Unforeseen(int[] gaps, int rows, string which, GapFiller filler)
    {
        int[] slots = [.. Enumerable.Range(0, gaps.Length).Where(slot => gaps[slot] > 0 && !filler.Indicates(slot))];
        return slots.Length == 0
            ? null
            : $"{Slots(slots, gaps.Length)} of column '{columns.Features.Name}' {Have(slots)} gaps in the {rows} rows {which}, but had "
                + $"none in the rows that the model's preparation of features was learned from: {Counts(slots, gaps)}. They are filled "
                + "with the median of the slot, without an indicator. Check how the rows were divided.";
    }

    private static string Slots(int[] slots, int all)
        => string.Create(CultureInfo.InvariantCulture, $"{slots.Length} of {all} features");

    private static string Have(int[] slots) => slots.Length == 1 ? "has" : "have";

    private static string Names(IEnumerable<int> slots, Func<int, string> name)
        => string.Join(", ", slots.Take(MostSlots).Select(name)) + (slots.Count() > MostSlots ? ", …" : "");

    private string Counts(int[] slots, int[] gaps) => Names(
        slots.OrderByDescending(slot => gaps[slot]),
        slot => string.Create(CultureInfo.InvariantCulture, $"{gaps[slot]} in {columns.NameOfSlot(slot)}"));
}
