namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>What a row of a made-up table is drawn as, before anything is hidden or transformed.</summary>
/// <param name="Normals">Of each number the normal variable that it is a rising function of; NaN where it has none.</param>
/// <param name="Ranks">Of each number its quantile rank, from 0 to 1.</param>
/// <param name="Levels">Of each category that counts its level.</param>
/// <param name="Missing">Of each number whether it is hidden.</param>
internal sealed record MadeRow(double[] Normals, double[] Ranks, int[] Levels, bool[] Missing);
