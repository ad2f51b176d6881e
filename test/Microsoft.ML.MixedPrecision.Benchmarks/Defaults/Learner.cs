namespace Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

/// <summary>What stands before a learner.</summary>
internal enum Normaliser
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><c>NormalizeMinMax</c>, as it is by default: zeros stay zeros.</summary>
    MinMax,

    /// <summary><c>NormalizeMeanVariance</c> with <c>fixZero: false</c>.</summary>
    MeanVariance,
}

/// <summary>Who learns: a trainer for each question, with default settings where its name does not say otherwise.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Normaliser">What stands before it: nothing, <c>NormalizeMinMax</c>, or <c>NormalizeMeanVariance</c> that shifts.</param>
/// <param name="Trainer">The trainer.</param>
internal sealed record Learner(string Name, Normaliser Normaliser, Func<MLContext, Question, IEstimator<ITransformer>> Trainer)
{
    /// <summary>All of them. <c>before</c> is what defaults were: all rows train for 30 epochs, features are taken as they are.</summary>
    public static IReadOnlyList<Learner> All { get; } =
    [
        new("before", Normaliser.None, (ml, question) => Ours(ml, question, Before)),
        new("before_minmax", Normaliser.MinMax, (ml, question) => Ours(ml, question, Before)),
        new("before_meanvar", Normaliser.MeanVariance, (ml, question) => Ours(ml, question, Before)),
        new("ours", Normaliser.None, (ml, question) => Ours(ml, question, _ => { })),
        new("ours_minmax", Normaliser.MinMax, (ml, question) => Ours(ml, question, _ => { })),
        new("ours_meanvar", Normaliser.MeanVariance, (ml, question) => Ours(ml, question, _ => { })),
        new("lightgbm", Normaliser.None, (ml, question) => question switch
        {
            Question.Binary => ml.BinaryClassification.Trainers.LightGbm(),
            Question.Multiclass => ml.MulticlassClassification.Trainers.LightGbm(),
            _ => ml.Regression.Trainers.LightGbm(),
        }),
        new("fasttree", Normaliser.None, (ml, question) => question switch
        {
            Question.Binary => ml.BinaryClassification.Trainers.FastTree(),
            Question.Multiclass => ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree()),
            _ => ml.Regression.Trainers.FastTree(),
        }),
        new("linear", Normaliser.MeanVariance, (ml, question) => question switch
        {
            Question.Binary => ml.BinaryClassification.Trainers.LbfgsLogisticRegression(),
            Question.Multiclass => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(),
            _ => ml.Regression.Trainers.Sdca(),
        }),
    ];

    private static void Before(MlpTrainerOptions options)
    {
        (options.ValidationFraction, options.EarlyStoppingPatience, options.FeatureScaling) = (0, 0, FeatureScaling.None);
        (options.Activation, options.BatchSize, options.Epochs) = (ActivationKind.Relu, 256, 30);
    }

    private static IEstimator<ITransformer> Ours(MLContext ml, Question question, Action<MlpTrainerOptions> change)
    {
        MixedPrecisionTrainersCatalog trainers = ml.MixedPrecision().Trainers;
        return question switch
        {
            Question.Binary => trainers.MlpBinary(Changed(new MlpBinaryTrainer.Options(), change)),
            Question.Multiclass => trainers.MlpMulticlass(Changed(new MlpMulticlassTrainer.Options(), change)),
            _ => trainers.MlpRegression(Changed(new MlpRegressionTrainer.Options(), change)),
        };
    }

    private static TOptions Changed<TOptions>(TOptions options, Action<MlpTrainerOptions> change)
        where TOptions : MlpTrainerOptions
    {
        options.Device = ComputeDevice.Cpu;
        change(options);
        return options;
    }
}
