namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>How networks are written into a graph.</summary>
internal sealed record OnnxWriting
{
    /// <summary>In what the operators compute.</summary>
    public OnnxArithmetic Arithmetic { get; init; }

    /// <summary>Version of the operators.</summary>
    public OnnxOperatorSet OperatorSet { get; init; }

    /// <summary>Layers, by <see cref="OnnxLayer.Name"/>, that compute in FP32 whatever <see cref="Arithmetic"/> is, each with the
    /// reason.</summary>
    public IReadOnlyDictionary<string, string> Float32Layers { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether FP32 inputs and outputs of the graph, but for labels, become FP16.</summary>
    public bool Float16Edges { get; init; }

    /// <summary>Inputs and outputs of the graph, by name, that stay FP32 in spite of <see cref="Float16Edges"/>, each with the
    /// reason.</summary>
    public IReadOnlyDictionary<string, string> Float32Edges { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether every layer's result becomes an output of the graph, to be measured.</summary>
    public bool ExposesLayers { get; init; }
}
