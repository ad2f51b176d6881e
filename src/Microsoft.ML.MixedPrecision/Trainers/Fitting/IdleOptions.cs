namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Finds options of all families that were set and change nothing, since another option decides: momentum under AdamW, β₁ under SGD. Those
/// of a family or task are found there (<see cref="NetworkFamily.Idle"/>, <see cref="NetworkTask.Idle"/>), what depends on the rows by
/// <see cref="SettledCourse"/>, what depends on the network and the policy by <see cref="Run.Advice.IdleWishes"/>.
/// </summary>
internal static class IdleOptions
{
    private static readonly IdleOption<NetworkTrainerOptions>[] Table =
    [
        new(nameof(NetworkTrainerOptions.Momentum), options => options.Momentum,
            options => IsAdamW(options) ? "Optimizer is AdamW, whose momentum is Beta1" : null, "Set Optimizer to Sgd, or change Beta1."),
        new(nameof(NetworkTrainerOptions.Nesterov), options => options.Nesterov, Nesterov,
            "Set Optimizer to Sgd and Momentum to 0.9, for example, or leave Nesterov at false."),
        new(nameof(NetworkTrainerOptions.Beta1), options => options.Beta1, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Momentum, or set Optimizer to AdamW."),
        new(nameof(NetworkTrainerOptions.Beta2), options => options.Beta2, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Optimizer to AdamW, or leave Beta2 out."),
        new(nameof(NetworkTrainerOptions.Epsilon), options => options.Epsilon, options => !IsAdamW(options) ? "Optimizer is Sgd" : null,
            "Set Optimizer to AdamW, or leave Epsilon out."),
        new(nameof(NetworkTrainerOptions.FinalLearningRateFraction), options => options.FinalLearningRateFraction, FinalRate,
            "Set Schedule to Linear, Cosine or FlatCos, or leave FinalLearningRateFraction at 0."),
    ];

    /// <summary>A sentence or two for each.</summary>
    public static IEnumerable<string> Of(NetworkTrainerOptions options) => Table.Select(option => option.Of(options)).OfType<string>();

    private static bool IsAdamW(NetworkTrainerOptions options) => options.Optimizer == OptimizerKind.AdamW;

    private static string? Nesterov(NetworkTrainerOptions options)
        => IsAdamW(options) ? "Optimizer is AdamW" : options.Momentum == 0 ? "Momentum is 0" : null;

    private static string? FinalRate(NetworkTrainerOptions options)
        => options.Schedule is LearningRateSchedule.Constant or LearningRateSchedule.OneCycle or LearningRateSchedule.CosLog
            ? $"Schedule is {options.Schedule}"
            : null;
}
