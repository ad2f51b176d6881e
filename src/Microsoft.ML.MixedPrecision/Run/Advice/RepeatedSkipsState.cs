namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary><see cref="RepeatedSkips"/> between two epochs.</summary>
/// <param name="Rows">As there, in their order.</param>
/// <param name="ByChance">Rows that chance would have left.</param>
/// <param name="Epochs">As there.</param>
internal sealed record RepeatedSkipsState(IReadOnlyList<int> Rows, double ByChance, int Epochs);
