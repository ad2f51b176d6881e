namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Writes a network's layers into an ONNX graph. Every method takes values of either floating-point format and casts
/// them to what its operator computes in, so that casts stand exactly where formats meet.
/// </summary>
/// <param name="graph">The graph to write into.</param>
/// <param name="writing">What layers compute in.</param>
/// <param name="prefix">What the names of layers begin with, so that those of two networks differ; empty for the first one.</param>
internal sealed partial class OnnxNetworkWriter(OnnxGraphBuilder graph, OnnxWriting writing, string prefix = "")
{
    private const string InEveryFile = "in every file";

    private readonly OnnxWeights _weights = new(graph);
    private readonly Dictionary<(string Name, OnnxElementType Type), OnnxValue> _casts = [];
    private readonly Dictionary<string, string> _float32Layers = new(writing.Float32Layers);
    private readonly Dictionary<string, string> _layerOfValue = [];
    private readonly List<OnnxLayer> _layers = [];

    /// <summary>Weights whose magnitude was above the largest value of their format and was set to that; 0 in FP32.</summary>
    public long SaturatedWeights => _weights.Saturated;

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

    private OnnxLayerFormat FormatOf(string layerName)
        => _float32Layers.ContainsKey(NameOf(layerName)) ? OnnxLayerFormat.Float32 : OnnxLayerFormat.Of(writing.Arithmetic);

    /// <summary>A value as a layer reads it.</summary>
    private OnnxValue Enter(OnnxValue x, OnnxLayerFormat format) => format.Rounds ? Round(x) : Cast(x, format.Compute);

    /// <summary>Rounds a result where FP16 is spelled out, elsewhere the operator itself has done it; and notes the layer.</summary>
    private OnnxValue Leave(OnnxValue y, OnnxLayer layer, OnnxLayerFormat format)
        => Note(layer with { Value = format.Rounds ? Round(y) : y, IsFloat16 = format.IsFloat16, Reason = ReasonOf(layer, format) });

    /// <summary>Notes a layer that is FP32 in every file.</summary>
    private OnnxValue LeaveFloat32(OnnxValue y, OnnxLayer layer)
        => Note(layer with { Value = y, Reason = InEveryFile, IsAlwaysFloat32 = true });

    private OnnxValue Note(OnnxLayer layer)
    {
        _layers.Add(layer);
        _layerOfValue[layer.Value.Name] = layer.Name;
        return layer.Value;
    }

    /// <summary>The start of a layer's entry.</summary>
    private OnnxLayer Begin(string layerName, string operation, params ReadOnlySpan<OnnxValue> inputs)
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

    private OnnxValue Round(OnnxValue y) => Cast(Cast(y, OnnxElementType.Float16), OnnxElementType.Float);

    private string ReasonOf(OnnxLayer layer, OnnxLayerFormat format)
    {
        if (_float32Layers.TryGetValue(layer.Name, out string? reason) && !format.IsFloat16)
        {
            return reason;
        }

        return format.Weights != OnnxElementType.BFloat16 ? "as asked for"
            : layer.Weights is null
            ? "BFloat16 is for weights, and it has none"
            : "as asked for: weights stored in BFloat16, computed in Float32";
    }
}
