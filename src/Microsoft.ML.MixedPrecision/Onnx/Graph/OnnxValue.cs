namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>A tensor that flows through an ONNX graph: what a node reads and another one made.</summary>
/// <param name="Name">Its name, unique in the graph.</param>
/// <param name="Type">What it holds.</param>
internal readonly record struct OnnxValue(string Name, OnnxElementType Type);
