namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>Many fits in one folder: each has its own, and finds it again.</summary>
[TestClass]
public sealed class CheckpointFoldersTests : IDisposable
{
    private readonly CheckpointedFit _fits = new();
    private int _epochs;

    public static IEnumerable<object[]> Options
        => from task in (TrainerCase[])[TrainerCase.Multiclass, TrainerCase.Binary, TrainerCase.Regression]
           from property in task.Options().GetType().GetProperties()
           select (object[])[task, property.Name];

    public void Dispose() => _fits.Dispose();

    [TestMethod]
    [DynamicData(nameof(Options))]
    internal void Fit_WithAChangedOption_IsAnotherRunWhereBitsDependOnIt(TrainerCase task, string option)
    {
        // Names of columns that are not there are errors, and a changed name of one that is there gives the same rows. RefitOnAll
        // and Bags are refused beside checkpoints.
        if (option is nameof(MlpTrainerOptions.LabelColumnName)
            or nameof(TableTrainerOptions.FeatureColumnName)
            or nameof(TableTrainerOptions.FeatureColumnNames)
            or nameof(TableTrainerOptions.CategoricalColumnNames)
            or nameof(MlpTrainerOptions.Checkpoint)
            or nameof(MlpTrainerOptions.MetricsCallback)
            or nameof(NetworkTrainerOptions.Observers)
            or nameof(NetworkTrainerOptions.StopToken)
            or nameof(NetworkTrainerOptions.KeepUnfinishedModel)
            or nameof(NetworkTrainerOptions.RefitOnAll)
            or nameof(NetworkTrainerOptions.Bags)
            or nameof(MlpTrainerOptions.CancellationToken))
        {
            return;
        }

        OptionRow row = OptionRow.Table.Single(candidate => candidate.Name == option);
        void Before(MlpTrainerOptions options)
        {
            row.Before?.Invoke(options);
            options.Epochs = 1;
        }

        _fits.Fit(task, Before);
        _fits.Fit(task, options =>
        {
            Before(options);
            row.Change(options);
        });

        bool isSame =
            option is nameof(MlpTrainerOptions.Device) or nameof(MlpTrainerOptions.NumberOfThreads) or nameof(MlpTrainerOptions.MemoryLimit)
            or nameof(MlpTrainerOptions.SaveHistory) or nameof(TableTrainerOptions.InvalidFeatures);
        Assert.HasCount(isSame ? 1 : 2, _fits.Runs);
    }

    [TestMethod]
    public void Fit_WithAnotherValidationSetOfTheSameSize_IsAnotherRun()
    {
        foreach (int seed in (int[])[2, 3, 2])
        {
            MlpTrainerOptions options = Checkpointed(TrainerCase.Binary);
            (options.ValidationFraction, options.ValidationSet) = (null, CheckpointedFit.Rows(TrainerCase.Binary, 40, seed));
            TrainerCase.Binary.Fit(new MLContext(seed: 1), options, CheckpointedFit.Rows(TrainerCase.Binary));
        }

        Assert.HasCount(2, _fits.Runs);
    }

    [TestMethod]
    public void Fit_AfterItsOptionsWereChanged_UsesTheFolderOfItsCreation()
    {
        var ml = new MLContext(seed: 1);
        MlpTrainerOptions options = Checkpointed(TrainerCase.Binary);
        IEstimator<ITransformer> trainer = TrainerCase.Binary.Trainer(ml, options);
        options.Checkpoint!.Folder += "-elsewhere";

        trainer.Fit(CheckpointedFit.Rows(TrainerCase.Binary));

        Assert.HasCount(1, _fits.Runs);
    }

    [TestMethod]
    public void CrossValidate_Twice_TrainsEachFoldOnceAndGivesTheSameFigures()
    {
        IDataView rows = CheckpointedFit.Rows(TrainerCase.Binary, 150);

        double[] first = Validate(rows);
        Assert.AreEqual(12, _epochs);
        double[] second = Validate(rows);

        CollectionAssert.AreEqual(first, second);
        Assert.AreEqual(12, _epochs);
        Assert.HasCount(3, _fits.Runs);
    }

    [TestMethod]
    public void OneVersusAll_Twice_TrainsEachClassOnceAndScoresTheSame()
    {
        IDataView rows = CheckpointedFit.Rows(TrainerCase.Multiclass, 150);

        uint[] first = OneVersusAll(rows);
        Assert.AreEqual(12, _epochs);
        uint[] second = OneVersusAll(rows);

        CollectionAssert.AreEqual(first, second);
        Assert.AreEqual(12, _epochs);
        Assert.HasCount(Sample.Kinds.Length, _fits.Runs);
    }

    [TestMethod]
    public void Fit_FromAPreviousModel_IsAnotherRunThanFromRandomWeightsOrAnotherModel()
    {
        IDataView rows = CheckpointedFit.Rows(TrainerCase.Regression);
        ITransformer previous = CheckpointedFit.FitPlain(TrainerCase.Regression), other = CheckpointedFit.FitPlain(
            TrainerCase.Regression,
            options => options.Epochs = 2);

        foreach (ITransformer? start in (ITransformer?[])[null, previous, other, previous])
        {
            TrainerCase.Regression.Fit(new MLContext(seed: 1), Checkpointed(TrainerCase.Regression), rows, previous: start);
        }

        Assert.HasCount(3, _fits.Runs);
        Assert.AreEqual(12, _epochs);
    }

    private double[] Validate(IDataView rows)
    {
        var ml = new MLContext(seed: 1);
        return [
            .. ml.BinaryClassification.CrossValidate(
                rows,
                TrainerCase.Binary.Trainer(ml, Checkpointed(TrainerCase.Binary)),
                numberOfFolds: 3).Select(fold => fold.Metrics.AreaUnderRocCurve)];
    }

    private uint[] OneVersusAll(IDataView rows)
    {
        var ml = new MLContext(seed: 1);
        var trainer = (MlpBinaryTrainer)TrainerCase.Binary.Trainer(ml, Checkpointed(TrainerCase.Binary));
        return ScoredRows.BitsOf(ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(rows).Transform(rows));
    }

    private MlpTrainerOptions Checkpointed(TrainerCase task) => task.Options(options =>
    {
        (options.Epochs, options.Checkpoint) = (4, new CheckpointOptions { Folder = _fits.Folder });
        options.MetricsCallback = _ => _epochs++;
    });
}
