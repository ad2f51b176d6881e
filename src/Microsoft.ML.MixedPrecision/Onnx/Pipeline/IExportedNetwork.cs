namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Model parameters that are a network of this library, which can be exported alone (<see cref="NetworkExporter"/>).</summary>
internal interface IExportedNetwork;
