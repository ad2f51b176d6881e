using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.Trainers.LightGbm;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Contenders;

/// <summary>ML.NET's trees.</summary>
internal static class Trees
{
    private const int ManyTrees = 1000;
    private const double SlowRate = 0.04;
    private const int ManyLeaves = 50;
    private const int Patience = 50;
    private const double HeldOutShare = 0.2;

    /// <summary>LightGBM with default settings.</summary>
    public static ITransformer LightGbm(Lesson lesson) => lesson.Question switch
    {
        Question.Binary => lesson.ML.BinaryClassification.Trainers.LightGbm().Fit(lesson.Rows()),
        Question.Multiclass => lesson.ML.MulticlassClassification.Trainers.LightGbm().Fit(lesson.Rows()),
        _ => lesson.ML.Regression.Trainers.LightGbm().Fit(lesson.Rows()),
    };

    /// <summary>FastTree with default settings, one against all others for several classes, whose probabilities it calibrates.</summary>
    public static ITransformer FastTree(Lesson lesson) => lesson.Question switch
    {
        Question.Binary => lesson.ML.BinaryClassification.Trainers.FastTree().Fit(lesson.Rows()),
        Question.Multiclass => lesson.ML.MulticlassClassification.Trainers.OneVersusAll(
            lesson.ML.BinaryClassification.Trainers.FastTree()).Fit(lesson.Rows()),
        _ => lesson.ML.Regression.Trainers.FastTree().Fit(lesson.Rows()),
    };

    /// <summary>LightGBM with up to 1,000 trees of 50 leaves at a rate of 0.04, which stops when 50 more do not improve log-loss or RMSE of
    /// a held-out fifth.</summary>
    public static ITransformer LightGbmWithManyTrees(Lesson lesson)
    {
        (IDataView train, IDataView heldOut) = lesson.HoldOut(HeldOutShare);
        return lesson.Question switch
        {
            Question.Binary => lesson.ML.BinaryClassification.Trainers.LightGbm(new LightGbmBinaryTrainer.Options
            {
                NumberOfIterations = ManyTrees,
                LearningRate = SlowRate,
                NumberOfLeaves = ManyLeaves,
                EarlyStoppingRound = Patience,
                EvaluationMetric = LightGbmBinaryTrainer.Options.EvaluateMetricType.Logloss,
            }).Fit(train, heldOut),
            Question.Multiclass => lesson.ML.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options
            {
                NumberOfIterations = ManyTrees,
                LearningRate = SlowRate,
                NumberOfLeaves = ManyLeaves,
                EarlyStoppingRound = Patience,
                EvaluationMetric = LightGbmMulticlassTrainer.Options.EvaluateMetricType.LogLoss,
            }).Fit(train, heldOut),
            _ => lesson.ML.Regression.Trainers.LightGbm(new LightGbmRegressionTrainer.Options
            {
                NumberOfIterations = ManyTrees,
                LearningRate = SlowRate,
                NumberOfLeaves = ManyLeaves,
                EarlyStoppingRound = Patience,
                EvaluationMetric = LightGbmRegressionTrainer.Options.EvaluateMetricType.RootMeanSquaredError,
            }).Fit(train, heldOut),
        };
    }
}
