namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// A trained model's view whose own ONNX nodes give no class to a row of NaN, as its scorer does. ML.NET's models give it one, so the keys
/// of
/// other views are written anew (<see cref="PipelineStep"/>).
/// </summary>
internal interface IWritesMissingKeys;
