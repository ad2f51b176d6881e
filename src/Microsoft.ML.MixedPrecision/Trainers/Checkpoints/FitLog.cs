namespace Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

/// <summary>What checkpoints tell.</summary>
/// <param name="Info">Takes a line that is good to know.</param>
/// <param name="Warn">Takes a warning of this process.</param>
/// <param name="Advise">Takes a warning that the training's result keeps.</param>
internal sealed record FitLog(Action<string> Info, Action<string> Warn, Action<string> Advise);
