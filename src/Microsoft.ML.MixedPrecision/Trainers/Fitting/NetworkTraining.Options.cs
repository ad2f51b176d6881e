using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Run;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <content>What the options ask of the loop.</content>
internal sealed partial class NetworkTraining
{
    private TrainingOptions ToTrainingOptions(PrecisionPolicy policy, SettledCourse course, Network network) => new()
    {
        Precision = policy,
        LossScaling = options.LossScaling,
        Loss = task.Loss,
        Optimizer = options.Optimizer,
        BatchSize = course.BatchSize,
        Epochs = course.Epochs,
        StopAfter = Refit?.Epochs,
        LearningRate = options.LearningRate,
        Schedule = options.Schedule,
        WarmupFraction = options.WarmupFraction,
        FinalLearningRateFraction = options.FinalLearningRateFraction,
        WeightDecay = options.WeightDecay,
        Regularization = options.RegularizationSchedule,
        Beta1 = options.Beta1,
        Beta2 = options.Beta2,
        Epsilon = options.Epsilon,
        Momentum = options.Momentum,
        Nesterov = options.Nesterov,
        GradientAccumulationSteps = options.GradientAccumulationSteps,
        ClipNorm = options.ClipNorm,
        ClipValue = options.ClipValue,
        Seed = seed,
        EarlyStoppingPatience = course.Patience,
        BestEpochMetric = options.BestEpochMetric,
        RangeProbeInterval = options.RangeProbeInterval,
        RetryPasses = options.RetryPasses,
        Frozen = family.Frozen(network),
    };
}
