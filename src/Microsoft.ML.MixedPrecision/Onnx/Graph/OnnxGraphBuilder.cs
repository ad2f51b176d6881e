using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Builds one ONNX graph: gives out unique names, takes inputs, outputs, constants and nodes, and ends as a model.
/// Nodes are added in an order in which each reads only what is already there.
/// </summary>
/// <remarks>The first dimension of its inputs and outputs is the number of rows.</remarks>
/// <param name="operatorSet">Version of the operators.</param>
internal sealed class OnnxGraphBuilder(OnnxOperatorSet operatorSet = OnnxOperatorSet.Standard)
{
    /// <summary>Domain of the classical machine-learning operators.</summary>
    public const string MachineLearningDomain = "ai.onnx.ml";

    /// <summary>Version of the operators of <see cref="MachineLearningDomain"/>.</summary>
    public const long MachineLearningOpset = 3;

    private const string BatchDimension = "batch";

    private readonly GraphProto _graph = new() { Name = "pipeline" };
    private readonly HashSet<string> _values = [];
    private readonly HashSet<string> _nodes = [];

    /// <summary>Version of the operators.</summary>
    public long Opset => Versions.Opset;

    /// <summary>Version of the file format that goes with <see cref="Opset"/>.</summary>
    public long IrVersion => Versions.Format;

    private (long Opset, long Format) Versions => operatorSet switch
    {
        OnnxOperatorSet.Standard => (20, 9),
        OnnxOperatorSet.Wide => (17, 8),
        _ => throw UnknownValue.Of(operatorSet),
    };

    /// <summary>The graph as it stands.</summary>
    public GraphProto Graph => _graph;

    /// <summary>Reserves a name for a value: <paramref name="wish"/> itself, or with a number behind it if that is taken.</summary>
    public string ReserveValueName(string wish) => Reserve(wish, _values);

    /// <summary>Whether a value has that name.</summary>
    public bool HasValue(string name) => _values.Contains(name);

    /// <summary>Whether a node has that name.</summary>
    public bool HasNode(string name) => _nodes.Contains(name);

    /// <summary>Adds an input of the graph.</summary>
    /// <param name="name">Its name, if that is free.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="dimensions">Its shape behind the symbolic number of rows.</param>
    public OnnxValue AddInput(string name, OnnxElementType type, params ReadOnlySpan<long> dimensions)
    {
        var value = new OnnxValue(ReserveValueName(name), type);
        _graph.Input.Add(Describe(value, dimensions));
        return value;
    }

    /// <summary>Declares a value to be an output of the graph.</summary>
    /// <param name="value">The value.</param>
    /// <param name="dimensions">Its shape behind the symbolic number of rows.</param>
    public void AddOutput(OnnxValue value, params ReadOnlySpan<long> dimensions) => _graph.Output.Add(Describe(value, dimensions));

    /// <summary>Declares a value of unknown shape to be an output of the graph.</summary>
    /// <param name="value">The value.</param>
    public void AddUnshapedOutput(OnnxValue value) => _graph.Output.Add(Unshaped(value));

    /// <summary>Says what a value holds that an operator makes which other readers than ONNX Runtime do not know; ONNX's checker ends
    /// without it.</summary>
    /// <param name="value">The value.</param>
    public void AddType(OnnxValue value) => _graph.ValueInfo.Add(Unshaped(value));

    /// <summary>Adds a constant of the graph; its name must come from <see cref="ReserveValueName"/>.</summary>
    /// <returns>The constant as a value.</returns>
    public OnnxValue AddInitializer(TensorProto tensor)
    {
        _graph.Initializer.Add(tensor);
        return new OnnxValue(tensor.Name, (OnnxElementType)tensor.DataType);
    }

    /// <summary>Adds ±∞, computed as ±1/0: files with constants that are not finite are refused by careful readers, ours
    /// included.</summary>
    /// <param name="negative">Whether it is −∞.</param>
    /// <param name="name">Wish for its name.</param>
    /// <returns>(1), FP32.</returns>
    public OnnxValue AddInfinity(bool negative, string name)
        => AddOperator("Div", name, OnnxElementType.Float, Single(negative ? -1 : 1, name + ".sign"), Single(0, name + ".zero")).Value;

    /// <summary>Adds a number as a constant: as it is, or computed if it is infinite.</summary>
    /// <param name="value">The number.</param>
    /// <param name="name">Wish for its name.</param>
    /// <returns>(1), FP32.</returns>
    public OnnxValue AddNumber(float value, string name) => float.IsInfinity(value) ? AddInfinity(value < 0, name) : Single(value, name);

    /// <summary>Adds a node that makes one new value.</summary>
    /// <param name="operation">The operator, of the default domain.</param>
    /// <param name="name">Wish for the node's and its value's name.</param>
    /// <param name="type">What the new value holds.</param>
    /// <param name="inputs">The values it reads.</param>
    /// <returns>The node, for its attributes, and the new value.</returns>
    public (NodeProto Node, OnnxValue Value) AddOperator(
        string operation,
        string name,
        OnnxElementType type,
        params ReadOnlySpan<OnnxValue> inputs)
    {
        var value = new OnnxValue(ReserveValueName(name), type);
        var names = new string[inputs.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = inputs[i].Name;
        }

        return (AddNode(operation, name, names, [value.Name]), value);
    }

    /// <summary>Adds a node.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="name">Wish for its name.</param>
    /// <param name="inputs">Names of the values it reads.</param>
    /// <param name="outputs">Names of the values it makes.</param>
    /// <param name="domain">The operator's domain; empty is the default one.</param>
    public NodeProto AddNode(string operation, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, string domain = "")
    {
        var node = Create(operation, name, inputs, outputs, domain);
        _graph.Node.Add(node);
        return node;
    }

    private static ValueInfoProto Unshaped(OnnxValue value)
        => new() { Name = value.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Type } } };

    private OnnxValue Single(float value, string name)
        => AddInitializer(OnnxTensors.Wrap(ReserveValueName(name), OnnxElementType.Float, new[] { value }, 1));

    private NodeProto Create(string operation, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, string domain)
    {
        var node = new NodeProto { OpType = operation, Name = Reserve(name, _nodes), Domain = domain };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        return node;
    }

    private static string Reserve(string wish, HashSet<string> taken)
    {
        string name = wish;
        for (int i = 1; !taken.Add(name); i++)
        {
            name = $"{wish}_{i}";
        }

        return name;
    }

    private static ValueInfoProto Describe(OnnxValue value, ReadOnlySpan<long> dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = BatchDimension });
        foreach (long dimension in dimensions)
        {
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = dimension });
        }

        return new ValueInfoProto
        {
            Name = value.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Type, Shape = shape } },
        };
    }
}
