namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>An option that other options, make idle: no bit of the training depends on it then.</summary>
/// <param name="Name">The option.</param>
/// <param name="Value">What it is set to; null where the trainer has no such option.</param>
/// <param name="Cause">Why it is idle; null where it is not.</param>
/// <param name="Remedy">What to do instead.</param>
internal sealed record IdleOption(
    string Name,
    Func<MlpTrainerOptions, object?> Value,
    Func<MlpTrainerOptions, string?> Cause,
    string Remedy);
