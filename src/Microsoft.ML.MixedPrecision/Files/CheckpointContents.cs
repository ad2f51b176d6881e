namespace Microsoft.ML.MixedPrecision.Files;

/// <summary>What a checkpoint's file holds, whatever it means.</summary>
/// <param name="Texts">JSON texts by name.</param>
/// <param name="Tensors">Tensors, each name once.</param>
internal sealed record CheckpointContents(IReadOnlyDictionary<string, string> Texts, IReadOnlyList<CheckpointTensor> Tensors);
