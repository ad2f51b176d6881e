namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>One layer of a network as it was written.</summary>
internal sealed record OnnxLayer
{
    /// <summary>The name of a network's input among the <see cref="Inputs"/> of its layers.</summary>
    public const string Features = "features";

    /// <summary>Its name, unique in the file: that of the value in training, such as <c>hidden.0.activation</c>; a second network's begin
    /// with <c>2:</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The operator.</summary>
    public required string Operator { get; init; }

    /// <summary>The layers whose results it reads; <see cref="Features"/> for the network's input.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Its result.</summary>
    public required OnnxValue Value { get; init; }

    /// <summary>Whether it computes in FP16, or rounds as FP16 would.</summary>
    public required bool IsFloat16 { get; init; }

    /// <summary>What its weights are stored in; null if it has none.</summary>
    public OnnxElementType? Weights { get; init; }

    /// <summary>Why it computes in what it does.</summary>
    public required string Reason { get; init; }

    /// <summary>Its largest weight in magnitude; 0 without weights.</summary>
    public float LargestWeight { get; init; }

    /// <summary>Whether it is FP32 in every file.</summary>
    public bool IsAlwaysFloat32 { get; init; }
}
