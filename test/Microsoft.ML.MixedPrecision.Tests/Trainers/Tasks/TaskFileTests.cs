namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Models of each task, saved and loaded, in this process and in one that knows nothing of the library.</summary>
[TestClass]
public sealed class TaskFileTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 2));

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Load_OfSavedModel_GivesTheSameBitsAndSchemaAndSavesTheSame(TrainerCase task)
    {
        ITransformer model = Models.Of(task), loaded = Models.Load(Models.Save(model)), again = Models.Load(Models.Save(loaded));

        foreach (ITransformer copy in (ITransformer[])[loaded, again])
        {
            CollectionAssert.AreEqual(ScoredRows.BitsOf(model.Transform(Test)), ScoredRows.BitsOf(copy.Transform(Test)));
            CollectionAssert.AreEqual(
                model.Transform(Test).Schema.Select(column => $"{column}").ToArray(),
                copy.Transform(Test).Schema.Select(column => $"{column}").ToArray());
            Assert.HasCount(TrainerCase.TrainingOf(model).History.Count, TrainerCase.TrainingOf(copy).History);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Load_InAProcessThatNamesNoTypeOfOurs_GivesTheSameLabelsAndBits(TrainerCase task)
    {
        ITransformer model = Models.Of(task);

        string[] lines = LoaderProcess.Run(Models.Save(model), Test);

        CollectionAssert.AreEqual(ScoredRows.Lines(model.Transform(Test)), lines);
    }
}
