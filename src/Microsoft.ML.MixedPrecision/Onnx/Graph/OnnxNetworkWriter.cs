namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Writes a network into an ONNX graph: what all layers share, and what stands before the first and behind the last. The nodes of an
/// operation are in its own folder (<c>Ops/Matmul/Linear.Onnx.cs</c> and so on), written through an <see cref="OnnxLayerWriter"/>.
/// </summary>
/// <param name="graph">The graph to write into.</param>
/// <param name="writing">What layers compute in.</param>
/// <param name="prefix">What the names of layers begin with, so that those of two networks differ; empty for the first one.</param>
internal sealed partial class OnnxNetworkWriter(OnnxGraphBuilder graph, OnnxWriting writing, string prefix = "")
{
    private const string InEveryFile = "in every file";

    private readonly Dictionary<(string Name, OnnxElementType Type), OnnxValue> _casts = [];
    private readonly Dictionary<string, string> _float32Layers = new(writing.Float32Layers);
    private readonly Dictionary<string, string> _layerOfValue = [];
    private readonly List<OnnxLayer> _layers = [];

    /// <summary>The graph.</summary>
    public OnnxGraphBuilder Graph => graph;

    /// <summary>Puts weights into the graph.</summary>
    public OnnxWeights Weights { get; } = new(graph);

    /// <summary>What layers compute in that are not kept in FP32.</summary>
    public OnnxArithmetic Arithmetic => writing.Arithmetic;

    /// <summary>Weights whose magnitude was above the largest value of their format and was set to that; 0 in FP32.</summary>
    public long SaturatedWeights => Weights.Saturated;

    /// <summary>Keys and values to keep in the file, such as the precision policy of the training.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the training met in each layer, by <see cref="OnnxLayer.Name"/>; empty if nothing is known.</summary>
    public Dictionary<string, ValueRange> Ranges { get; } = [];

    /// <summary>The layers in the order in which they were written.</summary>
    public IReadOnlyList<OnnxLayer> Layers => _layers;

    /// <summary>The network's input, once a layer has read it.</summary>
    public OnnxValue? Features { get; private set; }

    /// <summary>Whether the network scales its features.</summary>
    public bool ScalesFeatures { get; private set; }

    /// <summary>Whether the network reads numbers of categories, which only FP32 holds exactly.</summary>
    public bool ReadsCategories { get; set; }

    /// <summary>The network's outputs, as they were written, and what is known of their size; null before that.</summary>
    public OnnxOutputs? Outputs { get; set; }

    /// <summary>A layer's name in the file.</summary>
    /// <param name="name">Its name in the network.</param>
    public string NameOf(string name) => prefix + name;

    /// <summary>Keeps a layer in FP32 whatever the others compute in.</summary>
    /// <param name="layerName">The layer.</param>
    /// <param name="reason">Why.</param>
    public void KeepFloat32(string layerName, string reason) => _float32Layers[NameOf(layerName)] = reason;

    /// <summary>The value in another format: itself, or behind a <c>Cast</c>, of which there is one per value and format.</summary>
    public OnnxValue Cast(OnnxValue value, OnnxElementType type)
    {
        if (value.Type == type)
        {
            return value;
        }

        if (_casts.TryGetValue((value.Name, type), out var known))
        {
            return known;
        }

        var (node, cast) = graph.AddOperator("Cast", $"{value.Name}.{type}", type, value);
        node.With("to", (long)type);
        if (_layerOfValue.TryGetValue(value.Name, out string? layer))
        {
            _layerOfValue[cast.Name] = layer;
        }

        return _casts[(value.Name, type)] = cast;
    }

    /// <summary>Begins a layer that computes as the file was asked for, unless it is one of those kept in FP32.</summary>
    /// <param name="layerName">The layer's name, for example <c>hidden.0</c>.</param>
    /// <param name="operation">The operator that the layer is known by, for example <c>Gemm</c>.</param>
    /// <param name="inputs">The results of other layers that it reads.</param>
    public OnnxLayerWriter Begin(string layerName, string operation, params ReadOnlySpan<OnnxValue> inputs)
        => new(this, layerName, Entry(layerName, operation, inputs), _float32Layers.GetValueOrDefault(NameOf(layerName)));

    /// <summary>Begins a layer that is FP32 in every file, weights included.</summary>
    /// <param name="layerName">The layer's name.</param>
    /// <param name="operation">The operator that the layer is known by.</param>
    /// <param name="inputs">The results of other layers that it reads.</param>
    public OnnxLayerWriter BeginFloat32(string layerName, string operation, params ReadOnlySpan<OnnxValue> inputs)
        => new(this, layerName, Entry(layerName, operation, inputs) with { IsAlwaysFloat32 = true }, InEveryFile);

    /// <summary>Notes a finished layer; <see cref="OnnxLayerWriter.Leave"/> does.</summary>
    /// <returns>The layer's result.</returns>
    public OnnxValue Note(OnnxLayer layer)
    {
        _layers.Add(layer);
        _layerOfValue[layer.Value.Name] = layer.Name;
        return layer.Value;
    }

    /// <summary>The start of a layer's entry.</summary>
    private OnnxLayer Entry(string layerName, string operation, ReadOnlySpan<OnnxValue> inputs)
    {
        var names = new List<string>();
        foreach (var input in inputs)
        {
            if (!_layerOfValue.TryGetValue(input.Name, out string? name))
            {
                Features ??= input;
                name = _layerOfValue[input.Name] = NameOf(OnnxLayer.Features);
            }

            names.Add(name);
        }

        return new OnnxLayer
        {
            Name = NameOf(layerName),
            Operator = operation,
            Inputs = names,
            Value = default,
            IsFloat16 = false,
            Reason = "",
        };
    }
}
