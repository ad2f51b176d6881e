namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>A transformer with a network of this library that may have no ONNX form.</summary>
internal interface IWithoutOnnx
{
    /// <summary>Why it has no ONNX form, and what to do instead: a sentence or two; null where it has one.</summary>
    string? WithoutOnnx { get; }
}
