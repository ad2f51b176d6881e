namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>A transformer with a network of this library that has no ONNX form.</summary>
internal interface IWithoutOnnx
{
    /// <summary>What it is, and what to do instead: a sentence or two.</summary>
    string WithoutOnnx { get; }
}
