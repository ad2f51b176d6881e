namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>The format that a policy gives an operation, and why.</summary>
/// <param name="Format">Operands of a product; stored results of the other kinds.</param>
/// <param name="Reason">For people: which rule or wish decided, for example <c>layer 'hidden.*' in Float32</c>.</param>
internal readonly record struct FormatDecision(NumericFormat Format, string Reason);
