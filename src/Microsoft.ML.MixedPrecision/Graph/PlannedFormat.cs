namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>The format that a policy gave an operation of a network.</summary>
/// <param name="Kind">What the operation does.</param>
/// <param name="Layer">The layer's name.</param>
/// <param name="Format">Operands of a product; stored results of the other kinds.</param>
internal readonly record struct PlannedFormat(OperationKind Kind, string Layer, NumericFormat Format);
