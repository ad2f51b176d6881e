using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Columns and annotations, beside those of ML.NET's own trainers.</summary>
[TestClass]
public sealed class TaskSchemaTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    public static IEnumerable<object[]> Twins =>
    [
        [TrainerCase.Binary, (IEstimator<ITransformer>)Ml.BinaryClassification.Trainers.LbfgsLogisticRegression()],
        [TrainerCase.Regression, (IEstimator<ITransformer>)Ml.Regression.Trainers.OnlineGradientDescent()],
        [TrainerCase.Multiclass, (IEstimator<ITransformer>)Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy()],
    ];

    [TestMethod]
    [DynamicData(nameof(Twins))]
    internal void Schema_OfScoredData_IsThatOfMLNetsOwnTrainer(TrainerCase task, IEstimator<ITransformer> twin)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));
        DataViewSchema ours = task.Fit(Ml, rows).Transform(rows).Schema, theirs = twin.Fit(rows).Transform(rows).Schema;

        CollectionAssert.AreEqual(theirs.Select(Describe).ToArray(), ours.Select(Describe).ToArray());
        CollectionAssert.AreEquivalent(task.Columns, ours.Select(column => column.Name).Intersect(task.Columns).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Twins))]
    internal void GetOutputSchema_OfTrainer_IsThatOfMLNetsOwnTrainer(TrainerCase task, IEstimator<ITransformer> twin)
    {
        var shape = SchemaShape.Create(task.Prepared(Ml, Sample.Rows(60)).Schema);

        CollectionAssert.AreEqual(Describe(twin.GetOutputSchema(shape)), Describe(task.Trainer(Ml, task.Options()).GetOutputSchema(shape)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void GetOutputSchema_OfTrainer_IsThatOfTheFittedTransformer(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));

        SchemaShape promised = task.Trainer(Ml, task.Options()).GetOutputSchema(SchemaShape.Create(rows.Schema));
        SchemaShape made = SchemaShape.Create(task.Fit(Ml, rows).Transform(rows).Schema);
        SchemaShape said = SchemaShape.Create(task.Fit(Ml, rows).GetOutputSchema(rows.Schema));

        foreach (string name in task.Columns)
        {
            Assert.IsTrue(promised.TryFindColumn(name, out SchemaShape.Column expected), name);
            Assert.IsTrue(made.TryFindColumn(name, out SchemaShape.Column actual), name);
            Assert.AreEqual(expected.GetTypeString(), actual.GetTypeString());
            string[] annotations = [.. actual.Annotations.Select(annotation => annotation.Name)];
            CollectionAssert.IsSubsetOf(expected.Annotations.Select(annotation => annotation.Name).ToArray(), annotations);
        }

        CollectionAssert.AreEqual(Describe(made), Describe(said));
    }

    [TestMethod]
    public void Schema_OfSeveralTargets_HasAVectorOfScores()
    {
        IDataView rows = TrainerCase.SeveralTargets.Prepared(Ml, Sample.Rows(60));

        DataViewSchema.Column score = TrainerCase.SeveralTargets.Fit(Ml, rows).Transform(rows).Schema["Score"];

        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 3), score.Type);
        ReadOnlyMemory<char> kind = default;
        score.Annotations.GetValue("ScoreColumnKind", ref kind);
        Assert.AreEqual("MultiOutputRegression", kind.ToString());
    }

    private static string Describe(DataViewSchema.Column column)
        => $"{column.Name}: {column.Type} " + string.Join(
            ", ",
            column.Annotations.Schema.Select(annotation => $"{annotation.Name} {annotation.Type} {Text(column, annotation)}"));

    private static string Text(DataViewSchema.Column column, DataViewSchema.Column annotation)
    {
        if (annotation.Name == "ScoreColumnSetId" || annotation.Type != TextDataViewType.Instance)
        {
            return "";
        }

        ReadOnlyMemory<char> value = default;
        column.Annotations.GetValue(annotation.Name, ref value);
        return value.ToString();
    }

    private static string[] Describe(SchemaShape shape)
        => [.. shape.Select(column => $"{column.Name}: {column.GetTypeString()} "
            + $"{string.Join(", ", column.Annotations.Select(annotation => $"{annotation.Name} {annotation.GetTypeString()}").Order())}")];
}
