using System.Collections.Concurrent;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>
/// The trial: trainers of two invented families, one over one column and one over several, stand on the library's base classes alone and
/// have all that ML.NET gives its own.
/// </summary>
[TestClass]
public sealed class FamilyTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(TrialRow.Rows(600));
    private static readonly TrialRow[] Unseen = TrialRow.Rows(300, seed: 2);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Unseen);
    private static readonly ConcurrentDictionary<string, Lazy<TransformerChain<ITransformer>>> Fitted = [];

    public static IEnumerable<object[]> All => FamilyCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfAnEasyProblem_LearnsIt(FamilyCase family)
        => Assert.IsGreaterThan(0.93, family.Quality(Ml, Of(family).Transform(Test)));

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CrossValidate_WithThreeFolds_LearnsEach(FamilyCase family)
    {
        double[] folds = family.CrossValidate(Ml, Train);

        Assert.HasCount(3, folds);
        Assert.IsTrue(folds.All(quality => quality > 0.85), string.Join(", ", folds));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void SaveAndLoad_InAnotherContext_GivesTheSameBits(FamilyCase family)
    {
        byte[] file = Models.Save(Of(family), Train.Schema);

        ITransformer loaded = Models.Load(file, new MLContext(seed: 9));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(Of(family).Transform(Test)), ScoredRows.BitsOf(loaded.Transform(Test)));
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(loaded.Transform(Test)),
            ScoredRows.BitsOf(Models.Load(Models.Save(loaded, Train.Schema)).Transform(Test)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void PredictionEngine_OfModel_GivesTheBitsOfTransform(FamilyCase family)
        => CollectionAssert.AreEqual(
            ScoredRows.BitsOf(Of(family).Transform(Test)),
            ScoredRows.BitsOf(family.Predict(Ml, Of(family), Unseen)));

    /// <summary>
    /// A model that has learned the rule loses, where a column is permuted, what the rule does where each row has the column of each other
    /// row: that is computed by hand. The models are not perfect, and three permutations are not all: 0.08, and of numbers a tenth.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void PermutationFeatureImportance_OfModelAndTransformer_TellsWhatMatters(FamilyCase family)
    {
        (IReadOnlyDictionary<string, double> named, double[] slots) = family.Importance(Ml, Of(family), Of(family).Transform(Train));

        Assert.HasCount(family.IsSeveral ? 5 : 4, slots);
        (string Name, double Expected)[] columns =
        [
            ("Left", Change(family, (row, other) => TrialRow.ValueOf(other.Left, row.Right, row.Side))),
            ("Right", Change(family, (row, other) => TrialRow.ValueOf(row.Left, other.Right, row.Side))),
            ("Noise", 0),
        ];
        for (int i = 0; i < columns.Length; i++)
        {
            double tolerance = 0.08 + (family is RegressionFamilyCase ? -columns[i].Expected / 10 : 0);
            Assert.AreEqual(columns[i].Expected, named[columns[i].Name], tolerance, columns[i].Name);
            Assert.AreEqual(columns[i].Expected, slots[i], tolerance, columns[i].Name);
        }

        Assert.IsLessThan(-0.25, columns[0].Expected);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportToOnnx_OfPipeline_ReadsTheColumnsAndScoresAsTheModelDoes(FamilyCase family)
    {
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(Of(family), Test, stream);

        CollectionAssert.AreEquivalent(family.Inputs, report.Inputs.ToArray());
        CollectionAssert.AreEquivalent(family.Columns.Select(column => column + ".output").ToArray(), report.Outputs.ToArray());
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        Assert.AreEqual(family is RegressionFamilyCase ? null : 1.0, report.Verification.ModelToFile.LabelAgreement);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void GetOutputSchema_OfTrainerAndTransformer_IsThatOfTheResult(FamilyCase family)
    {
        IDataView rows = family.Preparation(Ml).Fit(Train).Transform(Train);
        ITransformer fitted = family.Trainer(Ml).Fit(rows);

        SchemaShape promised = family.Trainer(Ml).GetOutputSchema(SchemaShape.Create(rows.Schema));
        DataViewSchema made = fitted.Transform(rows).Schema, said = fitted.GetOutputSchema(rows.Schema);

        CollectionAssert.AreEqual(made.Select(column => $"{column}").ToArray(), said.Select(column => $"{column}").ToArray());
        CollectionAssert.AreEquivalent(
            made.Select(column => column.Name).Distinct().ToArray(),
            promised.Select(column => column.Name).ToArray());
        foreach (string name in family.Columns)
        {
            SchemaShape.Column actual = SchemaShape.Create(made).Single(column => column.Name == name);
            SchemaShape.Column expected = promised.Single(column => column.Name == name);
            Assert.AreEqual(expected.GetTypeString(), actual.GetTypeString());
            CollectionAssert.IsSubsetOf(
                expected.Annotations.Select(annotation => annotation.Name).ToArray(),
                actual.Annotations.Select(annotation => annotation.Name).ToArray());
        }

        if (family is MulticlassFamilyCase)
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            made["Score"].GetSlotNames(ref names);
            CollectionAssert.AreEquivalent(
                new[] { "low", "middle", "high" },
                names.DenseValues().Select(name => name.ToString()).ToArray());
            Assert.IsTrue(made["PredictedLabel"].HasKeyValues());
        }
    }

    /// <summary>What quality changes by, over all pairs of rows.</summary>
    private static double Change(FamilyCase family, Func<TrialRow, TrialRow, double> value)
    {
        TrialRow[] rows = TrialRow.Rows(600);
        double mean = rows.Average(row => (double)row.Value), variance = rows.Average(row => Math.Pow(row.Value - mean, 2));
        return -rows.Average(row => rows.Average(
            other => family.Loss(TrialRow.ValueOf(row.Left, row.Right, row.Side), value(row, other), variance)));
    }

    private static TransformerChain<ITransformer> Of(FamilyCase family)
        => Fitted.GetOrAdd(family.ToString(), _ => new(() => family.Pipeline(Ml).Fit(Train))).Value;
}
