using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>One column that a step of a pipeline makes, while it is written: what it is made from, and where its nodes go.</summary>
/// <param name="context">The graph, with the columns before the step.</param>
/// <param name="transformer">The step.</param>
/// <param name="before">The columns before the step.</param>
/// <param name="output">The column.</param>
/// <param name="inputs">The columns before the step that it depends on.</param>
/// <param name="refusal">Makes the error that says why it cannot be written.</param>
internal sealed class PipelineColumn(
    PipelineOnnxContext context,
    ITransformer transformer,
    DataViewSchema before,
    DataViewSchema.Column output,
    IReadOnlyList<DataViewSchema.Column> inputs,
    Func<string, NotSupportedException> refusal)
{
    /// <summary>The step.</summary>
    public ITransformer Transformer => transformer;

    /// <summary>All columns before the step.</summary>
    public DataViewSchema Before => before;

    /// <summary>The column's name.</summary>
    public string Name => output.Name;

    /// <summary>The column's type in ML.NET.</summary>
    public DataViewType DataType => output.Type;

    /// <summary>The column's type in the graph.</summary>
    public OnnxColumnType Type { get; } = OnnxColumnType.Inside(output.Type, output.Name);

    /// <summary>The one column that it is made from.</summary>
    public DataViewSchema.Column Input => inputs.Single();

    /// <summary>Version of the graph's operators.</summary>
    public long Opset => context.Graph.Opset;

    /// <summary>The type in the graph of <see cref="Input"/>.</summary>
    public OnnxColumnType InputType => OnnxColumnType.Inside(Input.Type, Input.Name);

    /// <summary>The values of <see cref="Input"/>: (N, its dimensions).</summary>
    public OnnxValue InputValue => ValueOf(Input);

    /// <summary>The column before the step that has a name.</summary>
    public DataViewSchema.Column InputOf(string name) => inputs.Single(column => column.Name == name);

    /// <summary>The values of a column before the step: (N, its dimensions).</summary>
    public OnnxValue ValueOf(DataViewSchema.Column column) => context.ValueOf(column);

    /// <summary>Adds a node that makes one new value.</summary>
    /// <param name="operation">The operator, of the default domain.</param>
    /// <param name="type">What the new value holds.</param>
    /// <param name="read">The values it reads.</param>
    public OnnxValue Add(string operation, OnnxElementType type, params ReadOnlySpan<OnnxValue> read)
        => AddNode(operation, type, read).Value;

    /// <summary>Adds a node that makes one new value.</summary>
    /// <inheritdoc cref="Add"/>
    /// <returns>The node, for its attributes, and the new value.</returns>
    public (NodeProto Node, OnnxValue Value) AddNode(string operation, OnnxElementType type, params ReadOnlySpan<OnnxValue> read)
        => context.Graph.AddOperator(operation, $"{Name}.{operation}", type, read);

    /// <summary>Makes a node one of ONNX Runtime's own, and says what it makes: other readers do not know its operator.</summary>
    /// <param name="made">The node and its value.</param>
    public NodeProto OfRuntime((NodeProto Node, OnnxValue Value) made)
    {
        made.Node.Domain = OnnxModelFile.RuntimeDomain;
        context.Graph.AddType(made.Value);
        return made.Node;
    }

    /// <summary>Adds a node that reduces the last axes of a value and keeps them, of length 1.</summary>
    /// <param name="operation">The reduction.</param>
    /// <param name="x">(N, …).</param>
    /// <param name="axes">How many axes: all but the first, for a row at a time.</param>
    public OnnxValue Reduce(string operation, OnnxValue x, int axes)
    {
        long[] reduced = [.. Enumerable.Range(1, axes).Select(axis => (long)axis)];
        bool isInput = Opset >= 18 || operation == "ReduceSum";
        var (node, y) = isInput ? AddNode(operation, x.Type, x, Integers("axes", reduced)) : AddNode(operation, x.Type, x);
        if (!isInput)
        {
            node.With("axes", reduced);
        }

        node.With("keepdims", 1L);
        return y;
    }

    /// <summary>The values as another type: themselves, or behind a <c>Cast</c>.</summary>
    public OnnxValue Cast(OnnxValue value, OnnxElementType type)
    {
        if (value.Type == type)
        {
            return value;
        }

        var (node, cast) = AddNode("Cast", type, value);
        node.With("to", (long)type);
        return cast;
    }

    /// <summary>Adds a constant of the graph.</summary>
    /// <typeparam name="T">Type with the layout of <paramref name="type"/>.</typeparam>
    /// <param name="name">What it is, for its name.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="values">The elements in row-major order; must not change until the file is written.</param>
    /// <param name="dimensions">The shape; empty for a scalar.</param>
    public OnnxValue Constant<T>(string name, OnnxElementType type, T[] values, params ReadOnlySpan<long> dimensions)
        where T : unmanaged
        => context.Graph.AddInitializer(OnnxTensors.Wrap(context.Graph.ReserveValueName($"{Name}.{name}"), type, values, dimensions));

    /// <summary>Adds a constant list of whole numbers.</summary>
    /// <param name="name">What it is, for its name.</param>
    /// <param name="values">The numbers.</param>
    public OnnxValue Integers(string name, params long[] values) => Constant(name, OnnxElementType.Int64, values, values.Length);

    /// <summary>Adds a constant list of texts.</summary>
    /// <param name="name">What it is, for its name.</param>
    /// <param name="values">The texts.</param>
    public OnnxValue Texts(string name, IReadOnlyCollection<string> values)
        => context.Graph.AddInitializer(OnnxTensors.Strings(context.Graph.ReserveValueName($"{Name}.{name}"), values, values.Count));

    /// <summary>The error that says why this column cannot be written.</summary>
    /// <param name="reason">The reason, a clause.</param>
    public NotSupportedException Refusal(string reason) => refusal($"column '{Name}' {reason}");
}
