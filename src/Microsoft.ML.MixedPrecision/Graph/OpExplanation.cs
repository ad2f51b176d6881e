namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>How one operation computes and why.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Operation">What is done, for example <c>linear + bias + Relu</c>.</param>
/// <param name="Shape">Shape of weights or output.</param>
/// <param name="Operands">Format of the operands.</param>
/// <param name="Stored">Format of the stored result.</param>
/// <param name="Reason">Why these formats.</param>
internal sealed record OpExplanation(
    string Layer,
    string Operation,
    string Shape,
    NumericFormat Operands,
    NumericFormat Stored,
    string Reason);
