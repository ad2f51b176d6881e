namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>What one contender reached in one split of one table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Split">The split.</param>
/// <param name="Contender">The contender.</param>
/// <param name="Error">What it is ranked by; less is better. NaN if it failed, which is the worst.</param>
internal readonly record struct Cell(string Table, int Split, string Contender, double Error);
