using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>One of three kinds.</summary>
internal sealed class MulticlassCase() : TrainerCase("multiclass", nameof(Sample.Kind))
{
    public override string[] Columns => ["Score", "PredictedLabel"];

    public override MlpTrainerOptions Options() => Quick(new MlpMulticlassTrainer.Options());

    public override IEstimator<ITransformer> Trainer(MLContext ml, MlpTrainerOptions options) => Create(ml, options);

    public override IEstimator<ITransformer>[] Aliases(MLContext ml, string label, string features, string? weight) =>
    [
        ml.MixedPrecision().Trainers.MlpMulticlass(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.MulticlassClassification.Trainers.MixedPrecisionMlp(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.MulticlassClassification.Trainers.MixedPrecisionMlp(Changed.Alias(new MlpMulticlassTrainer.Options(), label, features, weight)),
    ];

    public override ITransformer Fit(
        MLContext ml,
        MlpTrainerOptions options,
        IDataView train,
        IDataView? validation = null,
        ITransformer? previous = null)
        => previous is not null ? Create(ml, options).Fit(train, validation, (NetworkMulticlassTransformer)previous)
            : validation is not null ? Create(ml, options).Fit(train, validation) : Create(ml, options).Fit(train);

    public override double Quality(MLContext ml, IDataView scored) => ml.MulticlassClassification.Evaluate(scored).MicroAccuracy;

    public override double[] CrossValidate(MLContext ml, IDataView data, IEstimator<ITransformer> pipeline)
        => [.. ml.MulticlassClassification.CrossValidate(data, pipeline, numberOfFolds: 3).Select(fold => fold.Metrics.MicroAccuracy)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<Sample> rows)
        => Predict<MulticlassPrediction>(ml, model, rows, prediction => [prediction.PredictedLabel, .. prediction.Score]);

    public override EstimatorChain<ITransformer> Pipeline(MLContext ml, Action<MlpTrainerOptions>? change = null)
        => base.Pipeline(ml, change).Append(
            (IEstimator<ITransformer>)ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel"));

    protected override IEstimator<ITransformer> Label(MLContext ml) => ml.Transforms.Conversion.MapValueToKey("Label", Source);

    private static MlpMulticlassTrainer Create(MLContext ml, MlpTrainerOptions options)
        => ml.MixedPrecision().Trainers.MlpMulticlass((MlpMulticlassTrainer.Options)options);

    private sealed class MulticlassPrediction
    {
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}

/// <summary>Yes or no.</summary>
internal sealed class BinaryCase() : TrainerCase("binary", nameof(Sample.Answer))
{
    public override string[] Columns => ["Score", "Probability", "PredictedLabel"];

    public override MlpTrainerOptions Options() => Quick(new MlpBinaryTrainer.Options());

    public override IEstimator<ITransformer> Trainer(MLContext ml, MlpTrainerOptions options) => Create(ml, options);

    public override IEstimator<ITransformer>[] Aliases(MLContext ml, string label, string features, string? weight) =>
    [
        ml.MixedPrecision().Trainers.MlpBinary(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.BinaryClassification.Trainers.MixedPrecisionMlp(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.BinaryClassification.Trainers.MixedPrecisionMlp(Changed.Alias(new MlpBinaryTrainer.Options(), label, features, weight)),
    ];

    public override ITransformer Fit(
        MLContext ml,
        MlpTrainerOptions options,
        IDataView train,
        IDataView? validation = null,
        ITransformer? previous = null)
        => previous is not null ? Create(ml, options).Fit(train, validation, (NetworkBinaryTransformer)previous)
            : validation is not null ? Create(ml, options).Fit(train, validation) : Create(ml, options).Fit(train);

    public override double Quality(MLContext ml, IDataView scored) => ml.BinaryClassification.Evaluate(scored).Accuracy;

    public override double[] CrossValidate(MLContext ml, IDataView data, IEstimator<ITransformer> pipeline)
        => [.. ml.BinaryClassification.CrossValidate(data, pipeline, numberOfFolds: 3).Select(fold => fold.Metrics.Accuracy)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<Sample> rows)
        => Predict<BinaryPrediction>(
            ml,
            model,
            rows,
            prediction => [prediction.PredictedLabel ? 1 : 0, prediction.Score, prediction.Probability]);

    private static MlpBinaryTrainer Create(MLContext ml, MlpTrainerOptions options)
        => ml.MixedPrecision().Trainers.MlpBinary((MlpBinaryTrainer.Options)options);

    private sealed class BinaryPrediction
    {
        public bool PredictedLabel { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }
}

/// <summary>A number.</summary>
internal class RegressionCase(string name = "regression", string source = nameof(Sample.Value)) : TrainerCase(name, source)
{
    public override string[] Columns => ["Score"];

    public override MlpTrainerOptions Options() => Quick(new MlpRegressionTrainer.Options());

    public override IEstimator<ITransformer> Trainer(MLContext ml, MlpTrainerOptions options) => Create(ml, options);

    public override IEstimator<ITransformer>[] Aliases(MLContext ml, string label, string features, string? weight) =>
    [
        ml.MixedPrecision().Trainers.MlpRegression(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.Regression.Trainers.MixedPrecisionMlp(label, features, weight, [8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f),
        ml.Regression.Trainers.MixedPrecisionMlp(Changed.Alias(new MlpRegressionTrainer.Options(), label, features, weight)),
    ];

    public override ITransformer Fit(
        MLContext ml,
        MlpTrainerOptions options,
        IDataView train,
        IDataView? validation = null,
        ITransformer? previous = null)
        => previous is not null ? Create(ml, options).Fit(train, validation, (NetworkRegressionTransformer)previous)
            : validation is not null ? Create(ml, options).Fit(train, validation) : Create(ml, options).Fit(train);

    public override double Quality(MLContext ml, IDataView scored) => ml.Regression.Evaluate(scored).RSquared;

    public override double[] CrossValidate(MLContext ml, IDataView data, IEstimator<ITransformer> pipeline)
        => [.. ml.Regression.CrossValidate(data, pipeline, numberOfFolds: 3).Select(fold => fold.Metrics.RSquared)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<Sample> rows)
        => Predict<NumberPrediction>(ml, model, rows, prediction => [prediction.Score]);

    private static MlpRegressionTrainer Create(MLContext ml, MlpTrainerOptions options)
        => ml.MixedPrecision().Trainers.MlpRegression((MlpRegressionTrainer.Options)options);

    private sealed class NumberPrediction
    {
        public float Score { get; set; }
    }
}

/// <summary>Three numbers, the last of which is a product of features.</summary>
internal sealed class SeveralTargetsCase() : RegressionCase("3 targets", nameof(Sample.Values))
{
    public override double GoodQuality => 0.85;

    /// <summary>By hand: ML.NET evaluates single numbers only.</summary>
    public override double Quality(MLContext ml, IDataView scored)
    {
        float[][] labels = [.. scored.GetColumn<float[]>("Label")], scores = ScoredRows.ScoresOf(scored);
        return Enumerable.Range(0, 3).Min(target =>
        {
            double mean = labels.Average(label => (double)label[target]);
            return 1 - (
                labels.Zip(
                    scores,
                    (label, score) => Math.Pow(label[target] - score[target], 2)).Sum() / labels.Sum(
                        label => Math.Pow(label[target] - mean,
                        2)));
        });
    }

    /// <summary>By hand: fold i tests the rows whose number is i modulo 3.</summary>
    public override double[] CrossValidate(MLContext ml, IDataView data, IEstimator<ITransformer> pipeline)
        => [.. Enumerable.Range(0, 3).Select(fold => Quality(
            ml,
            pipeline.Fit(
                ml.Data.FilterByCustomPredicate<Sample>(data, row => row.Number % 3 == fold)).Transform(
                    ml.Data.FilterByCustomPredicate<Sample>(data,
                    row => row.Number % 3 != fold))))];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<Sample> rows)
        => Predict<NumbersPrediction>(ml, model, rows, prediction => prediction.Score);

    private sealed class NumbersPrediction
    {
        public float[] Score { get; set; } = [];
    }
}

/// <summary>Options that equal the plain arguments of <see cref="TrainerCase.Aliases"/>.</summary>
internal static class Changed
{
    public static TOptions Alias<TOptions>(TOptions options, string label, string features, string? weight)
        where TOptions : MlpTrainerOptions
    {
        (options.LabelColumnName, options.FeatureColumnName, options.ExampleWeightColumnName) = (label, features, weight);
        (
            options.HiddenLayers,
            options.Precision,
            options.Epochs,
            options.BatchSize,
            options.LearningRate,
            options.Seed) = ([8], PrecisionPolicy.MixedBFloat16, 2, 64, 0.01f, 1);
        return options;
    }
}
