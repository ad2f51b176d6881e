namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Its name, for example <c>first/hidden.0.weight</c>.</param>
/// <param name="DType">Its element type as safetensors names it: <c>F32</c>, <c>U8</c>, …</param>
/// <param name="Shape">Its sizes, the outermost first.</param>
/// <param name="Bytes">Its elements, little-endian, without gaps.</param>
internal sealed record CheckpointTensor(string Name, string DType, IReadOnlyList<long> Shape, byte[] Bytes);
