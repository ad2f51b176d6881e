namespace Microsoft.ML.MixedPrecision;

/// <summary>A layer of a network, as <see cref="NetworkSummary"/> lists it.</summary>
/// <param name="Name">Its name, as <see cref="PrecisionPolicy.WithLayer"/> and files have it: <c>hidden.0</c>.</param>
/// <param name="Layer">What it is: <c>Linear</c>, <c>Relu</c>, <c>Dropout 0.1</c>.</param>
/// <param name="Output">What it gives for an example: <c>256</c> columns of a table, <c>(10, 64)</c> for 10 steps of 64 channels,
/// <c>(28 · 28, 32)</c> for an image of 32 channels.</param>
/// <param name="Parameters">Numbers of its own that training learns by gradient: weights, biases, scales and shifts.</param>
public sealed record LayerSummary(string Name, string Layer, string Output, long Parameters);
