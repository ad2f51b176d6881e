namespace Microsoft.ML.MixedPrecision.Benchmarks.Checkpoints;

/// <summary>What a killed run went through.</summary>
/// <param name="Kills">Times that it was killed before it ended.</param>
/// <param name="Inside">How many of them left a file behind that was being written.</param>
/// <param name="Resumed">Starts that went on from a checkpoint.</param>
/// <param name="IsEqual">Whether model and history are, bit for bit, those of the run that was never stopped.</param>
internal readonly record struct KillCount(int Kills, int Inside, int Resumed, bool IsEqual);
