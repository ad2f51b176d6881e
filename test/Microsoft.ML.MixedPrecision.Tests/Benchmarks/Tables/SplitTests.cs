using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks.Tables;

/// <summary>Which rows are learned from, which tested on, and which tables are for what.</summary>
[TestClass]
public sealed class SplitTests
{
    private static readonly string[] Classes =
        [.. Enumerable.Range(0, 103).Select(row => row < 40 ? "a" : row < 100 ? "b" : row < 102 ? "c" : "d")];

    private static TableData Table => new(Question.Multiclass, TableLabels.Of(Classes), [], []);

    [TestMethod]
    public void Draw_Classes_EachGivesItsShare()
    {
        Split split = Split.Draw(Table, 0.25, seed: 3);
        CollectionAssert.AreEqual(Enumerable.Range(0, 103).ToArray(), split.Train.Concat(split.Test).Order().ToArray());
        // ¼ of 40, of 60, and of 2 rounded to at least one; the only one of its class stays to learn from.
        Assert.AreEqual("a 10, b 15, c 1", Counts(split.Test));
        Assert.AreEqual("a 30, b 45, c 1, d 1", Counts(split.Train));
    }

    [TestMethod]
    public void Draw_SameSeed_SameRows()
    {
        CollectionAssert.AreEqual(Split.Draw(Table, 0.25, 3).Test, Split.Draw(Table, 0.25, 3).Test);
        CollectionAssert.AreNotEqual(Split.Draw(Table, 0.25, 3).Test, Split.Draw(Table, 0.25, 4).Test);
    }

    [TestMethod]
    public void Draw_RowsOnlyToTestOn_AreNeverLearnedFrom()
    {
        TableData table = Table with { TestOnly = [.. Enumerable.Range(0, 103).Select(row => row % 10 == 0)] };
        Split split = Split.Draw(table, 0.25, seed: 3);
        Assert.IsFalse(split.Train.Any(row => row % 10 == 0));
        // 4 of a and 6 of b (100 is a c), and a quarter of the others: 9 of 36, 14 (13.5) of 54; the only c left stays.
        Assert.AreEqual("a 13, b 20, c 1", Counts(split.Test));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Draw_AmongSome_TakesOnlyThose(int seed)
    {
        int[] among = [.. Enumerable.Range(0, 40).Where(row => row % 2 == 0)];
        Split split = Split.Draw(Table, among, 0.2, seed);
        Assert.HasCount(4, split.Test);
        CollectionAssert.AreEqual(among, split.Train.Concat(split.Test).Order().ToArray());
    }

    [TestMethod]
    public void Halves_RealTables_AlternateByQuestionAndName()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "attrition", "doctor_visits", "flights", "mlc_churn", "pima_diabetes", "stackoverflow", "letter_recognition",
                "seattle_weather", "vehicle", "car_prices", "cps1988",
            },
            ComparedTable.Named("tuning").Select(table => table.Name).ToArray());
        CollectionAssert.AreEqual(
            new[]
            {
                "credit_data", "flchain", "lending_club", "penguins", "smoke_ban", "wa_churn", "satellite", "soybean", "ames",
                "concrete", "sacramento",
            },
            ComparedTable.Named("reporting").Select(table => table.Name).ToArray());
    }

    private static string Counts(int[] rows)
        => string.Join(", ", rows.GroupBy(row => Classes[row]).OrderBy(group => group.Key).Select(group => $"{group.Key} {group.Count()}"));
}
