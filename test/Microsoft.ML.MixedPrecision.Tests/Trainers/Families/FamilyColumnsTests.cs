namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>Columns that are missing or of another type are named, whatever the family, wherever it is noticed.</summary>
[TestClass]
public sealed class FamilyColumnsTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(TrialRow.Rows(60));

    public static IEnumerable<object[]> All => FamilyCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void MissingColumn_OfFeatures_IsNamed(FamilyCase family)
    {
        string column = family.IsSeveral ? "Right" : "Numbers";
        IDataView rows = Prepared(family), without = Ml.Transforms.DropColumns(column).Fit(rows).Transform(rows);

        AssertNamed(family, rows, without, $"'{column}'");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ColumnOfAnotherType_OfFeatures_IsNamed(FamilyCase family)
    {
        string column = family.IsSeveral ? "Right" : "Numbers";
        IDataView rows = Prepared(family), without = Ml.Transforms.CopyColumns(column, "Group").Fit(rows).Transform(rows);

        AssertNamed(family, rows, without, $"'{column}'");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void MissingColumn_OfLabel_IsNamed(FamilyCase family)
    {
        IDataView rows = Prepared(family), without = Ml.Transforms.DropColumns("Label").Fit(rows).Transform(rows);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => family.Trainer(Ml).Fit(without)).Message, "'Label'");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(
                () => family.Trainer(Ml).GetOutputSchema(SchemaShape.Create(without.Schema))).Message,
            "'Label'");
    }

    /// <summary>In a vector made of several columns the slot's name is that of the column.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ValueThatIsNotFinite_OfFeatures_IsNamedByItsColumn(FamilyCase family)
    {
        TrialRow[] bad = TrialRow.Rows(60);
        bad[7].Right = float.NaN;
        IDataView rows = family.Preparation(Ml).Fit(Train).Transform(Ml.Data.LoadFromEnumerable(bad));

        string message = Assert.ThrowsExactly<InvalidOperationException>(() => family.Trainer(Ml).Fit(rows)).Message;

        StringAssert.Contains(message, "Row 7");
        StringAssert.Contains(message, "slot 1 ('Right')");
    }

    [TestMethod]
    public void Option_OfAFamilyOrTaskOutsideItsRange_IsRefused()
    {
        StringAssert.Contains(Refused(() => new FunnelBinaryTrainer(Ml, new() { Width = 1 })), "Width is 1; it must be at least 2");
        StringAssert.Contains(Refused(() => new FunnelBinaryTrainer(Ml, new() { Epochs = 0 })), "Epochs is 0");
        StringAssert.Contains(Refused(() => new MixedBinaryTrainer(Ml, new() { PositiveClassWeight = 0 })), "PositiveClassWeight is 0");
        StringAssert.Contains(Refused(() => new MixedRegressionTrainer(Ml, new() { HuberDelta = -1 })), "HuberDelta is -1");
        StringAssert.Contains(Refused(() => new MixedMulticlassTrainer(Ml, new() { LabelSmoothing = 1 })), "LabelSmoothing is 1");
    }

    private static string Refused(Func<object> create) => Assert.ThrowsExactly<ArgumentOutOfRangeException>(create).Message;

    private static IDataView Prepared(FamilyCase family) => family.Preparation(Ml).Fit(Train).Transform(Train);

    private static void AssertNamed(FamilyCase family, IDataView good, IDataView bad, string name)
    {
        ITransformer fitted = family.Trainer(Ml, options => options.Epochs = 1).Fit(good);
        Action[] uses =
        [
            () => family.Trainer(Ml).Fit(bad),
            () => family.Trainer(Ml).GetOutputSchema(SchemaShape.Create(bad.Schema)),
            () => fitted.Transform(bad),
            () => fitted.GetOutputSchema(bad.Schema),
        ];
        foreach (Action use in uses)
        {
            Exception error = Assert.Throws<Exception>(use);
            Assert.IsTrue(error is ArgumentException or InvalidOperationException, error.ToString());
            StringAssert.Contains(error.Message, name);
        }
    }
}
