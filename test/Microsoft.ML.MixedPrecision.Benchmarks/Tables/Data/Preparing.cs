namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>What is done to columns before a trainer.</summary>
/// <param name="FillsGaps">Whether missing numbers are replaced by the mean; else the trainer gets them as NaN.</param>
/// <param name="KeysAbove">Columns of more categories stay keys, which the trainer is told of by name; the others become one-hot.</param>
internal sealed record Preparing(bool FillsGaps = false, int KeysAbove = int.MaxValue);
