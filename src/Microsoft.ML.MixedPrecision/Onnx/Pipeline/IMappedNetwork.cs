namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>A network's transformer that makes the column which its network reads by a step of its own.</summary>
internal interface IMappedNetwork : IWithoutOnnx
{
    /// <summary>That step, where it has no ONNX form, so that a file begins with the column that it makes; null for another, or
    /// none.</summary>
    ITransformer? MapperWithoutOnnx { get; }
}
