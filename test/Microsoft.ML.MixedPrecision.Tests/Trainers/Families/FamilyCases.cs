using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>One of three kinds.</summary>
internal sealed class MulticlassFamilyCase(bool isSeveral) : FamilyCase("multiclass", nameof(TrialRow.Kind), isSeveral)
{
    public override string[] Columns => ["Score", "PredictedLabel"];

    public override IEstimator<ITransformer> Trainer(MLContext ml, Action<NetworkTrainerOptions>? change = null)
        => IsSeveral
            ? new MixedMulticlassTrainer(ml, Quick(new MixedMulticlassTrainer.Options(), change))
            : new FunnelMulticlassTrainer(ml, Quick(new FunnelMulticlassTrainer.Options(), change));

    public override double Quality(MLContext ml, IDataView scored) => ml.MulticlassClassification.Evaluate(scored).MicroAccuracy;

    public override double Loss(double known, double other, double variance)
        => TrialRow.KindOf(known) == TrialRow.KindOf(other) ? 0 : 1;

    public override double[] CrossValidate(MLContext ml, IDataView data)
        => [.. ml.MulticlassClassification.CrossValidate(data, Pipeline(ml), numberOfFolds: 3).Select(fold => fold.Metrics.MicroAccuracy)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<TrialRow> rows)
        => Predict<Prediction>(ml, model, rows, prediction => [prediction.PredictedLabel, .. prediction.Score]);

    public override (IReadOnlyDictionary<string, double> OfModel, double[] OfTransformer) Importance(
        MLContext ml,
        TransformerChain<ITransformer> model,
        IDataView scored)
        => (
            ml.MulticlassClassification.PermutationFeatureImportance(model, scored, permutationCount: 3)
                .ToDictionary(slot => slot.Key, slot => slot.Value.MicroAccuracy.Mean),
            [.. ml.MulticlassClassification.PermutationFeatureImportance(
                    (ISingleFeaturePredictionTransformer<NetworkMulticlassModelParameters>)model.LastTransformer,
                    scored,
                    permutationCount: 3)
                .Select(slot => slot.MicroAccuracy.Mean)]);

    protected override IEstimator<ITransformer> Label(MLContext ml)
        => ml.Transforms.Conversion.MapValueToKey("Label", nameof(TrialRow.Kind));

    private sealed class Prediction
    {
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];
    }
}

/// <summary>Yes or no.</summary>
internal sealed class BinaryFamilyCase(bool isSeveral) : FamilyCase("binary", nameof(TrialRow.Answer), isSeveral)
{
    public override string[] Columns => ["Score", "Probability", "PredictedLabel"];

    public override IEstimator<ITransformer> Trainer(MLContext ml, Action<NetworkTrainerOptions>? change = null)
        => IsSeveral
            ? new MixedBinaryTrainer(ml, Quick(new MixedBinaryTrainer.Options(), change))
            : new FunnelBinaryTrainer(ml, Quick(new FunnelBinaryTrainer.Options(), change));

    public override double Quality(MLContext ml, IDataView scored) => ml.BinaryClassification.Evaluate(scored).Accuracy;

    public override double Loss(double known, double other, double variance)
        => TrialRow.AnswerOf(known) == TrialRow.AnswerOf(other) ? 0 : 1;

    public override double[] CrossValidate(MLContext ml, IDataView data)
        => [.. ml.BinaryClassification.CrossValidate(data, Pipeline(ml), numberOfFolds: 3).Select(fold => fold.Metrics.Accuracy)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<TrialRow> rows)
        => Predict<Prediction>(
            ml,
            model,
            rows,
            prediction => [prediction.PredictedLabel ? 1 : 0, prediction.Score, prediction.Probability]);

    public override (IReadOnlyDictionary<string, double> OfModel, double[] OfTransformer) Importance(
        MLContext ml,
        TransformerChain<ITransformer> model,
        IDataView scored)
        => (
            ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated(model, scored, permutationCount: 3)
                .ToDictionary(slot => slot.Key, slot => slot.Value.Accuracy.Mean),
            [.. ml.BinaryClassification.PermutationFeatureImportance(
                    (ISingleFeaturePredictionTransformer<NetworkBinaryModelParameters>)model.LastTransformer,
                    scored,
                    permutationCount: 3)
                .Select(slot => slot.Accuracy.Mean)]);

    private sealed class Prediction
    {
        public bool PredictedLabel { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }
    }
}

/// <summary>A number.</summary>
internal sealed class RegressionFamilyCase(bool isSeveral) : FamilyCase("regression", nameof(TrialRow.Value), isSeveral)
{
    public override string[] Columns => ["Score"];

    public override IEstimator<ITransformer> Trainer(MLContext ml, Action<NetworkTrainerOptions>? change = null)
        => IsSeveral
            ? new MixedRegressionTrainer(ml, Quick(new MixedRegressionTrainer.Options(), change))
            : new FunnelRegressionTrainer(ml, Quick(new FunnelRegressionTrainer.Options(), change));

    public override double Quality(MLContext ml, IDataView scored) => ml.Regression.Evaluate(scored).RSquared;

    public override double Loss(double known, double other, double variance) => (known - other) * (known - other) / variance;

    public override double[] CrossValidate(MLContext ml, IDataView data)
        => [.. ml.Regression.CrossValidate(data, Pipeline(ml), numberOfFolds: 3).Select(fold => fold.Metrics.RSquared)];

    public override float[][] Predict(MLContext ml, ITransformer model, IReadOnlyList<TrialRow> rows)
        => Predict<Prediction>(ml, model, rows, prediction => [prediction.Score]);

    public override (IReadOnlyDictionary<string, double> OfModel, double[] OfTransformer) Importance(
        MLContext ml,
        TransformerChain<ITransformer> model,
        IDataView scored)
        => (
            ml.Regression.PermutationFeatureImportance(model, scored, permutationCount: 3)
                .ToDictionary(slot => slot.Key, slot => slot.Value.RSquared.Mean),
            [.. ml.Regression.PermutationFeatureImportance(
                    (ISingleFeaturePredictionTransformer<NetworkRegressionModelParameters>)model.LastTransformer,
                    scored,
                    permutationCount: 3)
                .Select(slot => slot.RSquared.Mean)]);

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
