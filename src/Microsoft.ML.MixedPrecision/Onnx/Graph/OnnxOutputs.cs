namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>What a network's last layer gives.</summary>
/// <param name="Layer">The layer's name in the file.</param>
/// <param name="Value">(N, outputs).</param>
/// <param name="AreInUnitsOfLabel">Whether they are of whatever size labels are, and not logits.</param>
/// <param name="Largest">A bound of their size, by weights and by what training met; null where nothing is known.</param>
internal sealed record OnnxOutputs(string Layer, OnnxValue Value, bool AreInUnitsOfLabel, double? Largest);
