using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Finds options that were set and change nothing, since another option decides: momentum under AdamW, β₁ under SGD, δ without Huber's
/// loss.
/// What depends on the network and the policy is found by <see cref="Run.Advice.IdleWishes"/>, and what depends on the rows' width by
/// <see cref="Networks.Families.Perceptron.IdleWishes"/>.
/// </summary>
internal static class IdleOptions
{
    private const string NoLayers = "HiddenLayers is empty";

    private static readonly MlpRegressionTrainer.Options Defaults = new();

    private static readonly IdleOption[] Table =
    [
        new(nameof(Defaults.Momentum), options => options.Momentum, options => IsAdamW(options) ? "Optimizer is AdamW, whose momentum "
            + "is Beta1" : null, "Set Optimizer to Sgd, or change Beta1."),
        new(nameof(Defaults.Nesterov), options => options.Nesterov, Nesterov, "Set Optimizer to Sgd and Momentum to 0.9, for example, "
            + "or leave Nesterov at false."),
        new(nameof(Defaults.Beta1), options => options.Beta1, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Momentum, or set Optimizer to AdamW."),
        new(nameof(Defaults.Beta2), options => options.Beta2, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Optimizer to AdamW, or leave Beta2 out."),
        new(nameof(Defaults.Epsilon), options => options.Epsilon, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Optimizer to AdamW, or leave Epsilon out."),
        new(nameof(Defaults.FinalLearningRateFraction), options => options.FinalLearningRateFraction, FinalRate,
            "Set Schedule to Linear or Cosine, or leave FinalLearningRateFraction at 0."),
        new(nameof(Defaults.HuberDelta), options => (options as MlpRegressionTrainer.Options)?.HuberDelta, HuberDelta,
            "Set Loss to Huber, or leave HuberDelta out."),
        new("Checkpoint.EveryEpochs", options => options.Checkpoint?.EveryEpochs, EveryEpochs,
            "Set it to a smaller number, or set Checkpoint.EverySteps or Checkpoint.Every."),
        new(nameof(Defaults.Activation), options => options.Activation, options => options.HiddenLayers.Count == 0 ? NoLayers : null,
            "Add a hidden layer, or leave Activation out."),
    ];

    /// <summary>A sentence or two for each: option, value, why it changes nothing, and what to do.</summary>
    public static IEnumerable<string> Of(MlpTrainerOptions options)
        => from option in Table
           let value = option.Value(options)
           where !Equals(value, option.Value(Defaults))
           let cause = option.Cause(options)
           where cause is not null
           select string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {value}, but {cause}, so that it changes nothing. "
               + $"{option.Remedy}");

    private static bool IsAdamW(MlpTrainerOptions options) => options.Optimizer == OptimizerKind.AdamW;

    private static string? Nesterov(MlpTrainerOptions options)
        => IsAdamW(options) ? "Optimizer is AdamW" : options.Momentum == 0 ? "Momentum is 0" : null;

    private static string? FinalRate(MlpTrainerOptions options)
        => options.Schedule is LearningRateSchedule.Constant or LearningRateSchedule.OneCycle ? $"Schedule is {options.Schedule}" : null;

    private static string? EveryEpochs(MlpTrainerOptions options)
        => options.Checkpoint?.EveryEpochs > options.Epochs
            ? string.Create(CultureInfo.InvariantCulture, $"there are {options.Epochs} epochs")
            : null;

    private static string? HuberDelta(MlpTrainerOptions options)
        => options is MlpRegressionTrainer.Options { Loss: RegressionLoss.SquaredError } ? "Loss is SquaredError" : null;
}
