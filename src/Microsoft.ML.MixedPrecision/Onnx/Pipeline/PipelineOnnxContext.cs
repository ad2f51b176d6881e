using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// What ML.NET's trained models describe themselves to, over a graph of ours. They write operators of opset 12, which
/// <see cref="OnnxOpsetLift"/> brings to the graph's version after each step.
/// </summary>
/// <param name="writing">How networks of this library are written.</param>
internal sealed partial class PipelineOnnxContext(OnnxWriting writing) : OnnxContext
{
    private readonly Dictionary<string, OnnxColumnType> _types = [];

    /// <summary>What variables hold that ML.NET has asked for, also those of which it does not say the shape: one-versus-all hands such to
    /// its models.</summary>
    private readonly Dictionary<string, OnnxElementType> _elements = [];
    private readonly List<NodeProto> _unlifted = [];
    private Dictionary<string, string> _columns = [];
    private Dictionary<string, string> _columnsBefore = [];

    /// <summary>The graph that is being written.</summary>
    public OnnxGraphBuilder Graph { get; } = new(writing.OperatorSet);

    /// <summary>Networks of this library that have been written.</summary>
    public int Networks { get; private set; }

    /// <summary>Weights that their format could not hold.</summary>
    public long SaturatedWeights { get; private set; }

    /// <summary>Whether a network scales its features.</summary>
    public bool ScalesFeatures { get; private set; }

    /// <summary>The networks' layers, as they were written.</summary>
    public List<OnnxLayer> Layers { get; } = [];

    /// <summary>Where the networks begin and end in the graph.</summary>
    public List<NetworkEdges> Edges { get; } = [];

    /// <summary>What training met in each layer, by its name.</summary>
    public Dictionary<string, ValueRange> Ranges { get; } = [];

    /// <summary>Outputs of the graph that are layers' results, by the layer's name; empty unless they were asked for.</summary>
    public Dictionary<string, string> LayerOutputs { get; } = [];

    /// <summary>What the networks want to be kept in the file.</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds an input of the graph for a column of the data.</summary>
    public void AddInput(DataViewSchema.Column column)
    {
        var type = OnnxColumnType.Of(column.Type, column.Name);
        var value = Graph.AddInput(column.Name, type.Type, type.Dimensions);
        _columns[column.Name] = value.Name;
        _types[value.Name] = type;
    }

    /// <summary>Elements of a row of a column's values; null if the name is not that of such values.</summary>
    public int? WidthOf(string value) => _types.TryGetValue(value, out var type) ? type.Width : null;

    /// <summary>The values of a column as it now stands: (N, its dimensions).</summary>
    public OnnxValue ValueOf(DataViewSchema.Column column)
        => new(_columns[column.Name], OnnxColumnType.Inside(column.Type, column.Name).Type);

    /// <summary>Enters the columns that a step has made; from now on their names mean these.</summary>
    /// <param name="columns">All columns of the step, each with its values.</param>
    public void SetColumns(IReadOnlyList<(DataViewSchema.Column Column, OnnxValue Value)> columns)
    {
        foreach (var (column, value) in columns)
        {
            _columns[column.Name] = value.Name;
            _types[value.Name] = OnnxColumnType.Inside(column.Type, column.Name);
        }
    }

    /// <summary>Makes a column of keys that of each row's best score, from now on.</summary>
    /// <param name="label">The column of keys.</param>
    /// <param name="scores">The scores, of which it is the best.</param>
    /// <param name="largest">Whether the largest is best, not the smallest.</param>
    public void SetKey(DataViewSchema.Column label, DataViewSchema.Column scores, bool largest)
    {
        var type = OnnxColumnType.Of(label.Type, label.Name);
        var key = new OnnxBestClass(Graph, label.Name).Write(ValueOf(scores), largest);
        var (node, typed) = Graph.AddOperator("Cast", label.Name, type.Type, key);
        node.With("to", (long)type.Type);
        SetColumns([(label, typed)]);
    }

    /// <summary>Adds an output of the graph for a column as it now stands, named as ML.NET does: <c>Score.output</c>.</summary>
    /// <returns>The output's name.</returns>
    /// <exception cref="NotSupportedException">A column of the data has that name.</exception>
    public string AddOutput(DataViewSchema.Column column)
    {
        string name = column.Name + ".output";
        if (Graph.Graph.Input.Any(input => input.Name == name))
        {
            throw new NotSupportedException($"The data have a column '{name}', which is what the file calls the output of column "
                + $"'{column.Name}': readers would take the one for the other. Name the column of the data otherwise before the "
                + $"pipeline is fitted, or leave '{column.Name}' out of OutputColumns.");
        }

        var type = OnnxColumnType.Of(column.Type, column.Name);
        var output = new OnnxValue(Graph.ReserveValueName(name), type.Type);
        Graph.AddNode("Identity", output.Name, [_columns[column.Name]], [output.Name]);
        Graph.AddOutput(output, type.Dimensions);
        return output.Name;
    }

    /// <summary>
    /// Lets one step write itself, lifts what it wrote, and keeps of its names only those of its own columns: ML.NET
    /// enters helper variables as columns too, and would hide a column of the data that happens to have such a name.
    /// </summary>
    /// <param name="write">What writes the step.</param>
    /// <param name="stepName">The step's name, for messages.</param>
    /// <param name="newColumns">The columns that the step makes.</param>
    /// <returns>Those of <paramref name="newColumns"/> that it has really written.</returns>
    public IReadOnlyList<string> WriteStep(Action write, string stepName, IReadOnlyList<string> newColumns)
    {
        var before = new Dictionary<string, string>(_columns);
        _columnsBefore = before;
        write();
        OnnxOpsetLift.Lift(Graph, _unlifted, stepName);
        _unlifted.Clear();

        var written = newColumns.Where(name => _columns.TryGetValue(name, out var now) && now != before.GetValueOrDefault(name)).ToList();
        foreach (string name in written)
        {
            before[name] = _columns[name];
        }

        _columns = before;
        return written;
    }

    /// <summary>Writes a network of this library.</summary>
    /// <param name="outputNames">Names of the variables to give values to.</param>
    /// <param name="features">Name of the variable with the features: (N, inputs), FP32.</param>
    /// <param name="write">Writes the layers; returns one value for each of <paramref name="outputNames"/>, null for what ML.NET's scorer
    /// writes itself.</param>
    public void WriteNetwork(string[] outputNames, string features, Func<OnnxNetworkWriter, OnnxValue, IReadOnlyList<OnnxValue?>> write)
    {
        var writer = new OnnxNetworkWriter(Graph, writing, Networks == 0 ? "" : $"{Networks + 1}:");
        var values = write(writer, new OnnxValue(BeforeStep(features, outputNames), OnnxElementType.Float));
        if (values.Count != outputNames.Length)
        {
            throw new InvalidOperationException($"The network wrote {values.Count} values for the {outputNames.Length} columns "
                + $"{string.Join(", ", outputNames)}; it must write one for each.");
        }

        for (int i = 0; i < outputNames.Length; i++)
        {
            if (values[i] is { } value)
            {
                var typed = writer.Cast(value, _elements[outputNames[i]]);
                Graph.AddNode("Identity", outputNames[i], [typed.Name], [outputNames[i]]);
            }
        }

        if (writer is { Features: { } read, Outputs: { } outputs })
        {
            Edges.Add(
                new(
                    writer.NameOf(OnnxLayer.Features),
                    read.Name,
                    outputs,
                    [.. outputNames.Where((_, i) => values[i] is { } value && value.Name == outputs.Value.Name)],
                    writer.ReadsCategories));
        }

        Networks++;
        SaturatedWeights += writer.SaturatedWeights;
        ScalesFeatures |= writer.ScalesFeatures;
        Layers.AddRange(writer.Layers);
        foreach (var (layer, range) in writer.Ranges)
        {
            Ranges[writer.NameOf(layer)] = range;
        }

        foreach (var (key, text) in writer.Metadata)
        {
            Metadata[writer.NameOf(key)] = text;
        }

        if (writing.ExposesLayers)
        {
            Expose(writer);
        }
    }

    private void Expose(OnnxNetworkWriter writer)
    {
        foreach (var (layer, value) in writer.Layers.Select(layer => (layer.Name, (OnnxValue?)layer.Value)).Prepend(
            (writer.NameOf(OnnxLayer.Features), writer.Features)))
        {
            if (value is not { } exposed)
            {
                continue;
            }

            var output = new OnnxValue(Graph.ReserveValueName("measured:" + layer), exposed.Type);
            Graph.AddNode("Identity", output.Name, [exposed.Name], [output.Name]);
            Graph.AddUnshapedOutput(output);
            LayerOutputs[layer] = output.Name;
        }
    }

    /// <summary>
    /// The features' variable. ML.NET names the outputs first and looks the features up behind that: a feature column with an
    /// output's name, such as <c>Score</c>, would be found as the output itself.
    /// </summary>
    private string BeforeStep(string features, string[] outputNames)
        => outputNames.Contains(features) ? _columnsBefore[_columns.First(entry => entry.Value == features).Key] : features;

    /// <inheritdoc/>
    public override OnnxVersion GetOnnxVersion() => OnnxVersion.Stable;

    /// <inheritdoc/>
    public override void CheckOpSetVersion(int thisTransformerMinumumOpSetVersion, string registerTransformerName)
    {
        if (thisTransformerMinumumOpSetVersion > Graph.Opset)
        {
            throw new NotSupportedException($"{registerTransformerName} needs ONNX opset {thisTransformerMinumumOpSetVersion}; this "
                + $"file is written in opset {Graph.Opset}. Apply this transform before the model that is exported.");
        }
    }

    /// <inheritdoc/>
    public override string GetNodeName(string prefix)
    {
        string name = prefix;
        for (int i = 1; Graph.HasNode(name); i++)
        {
            name = $"{prefix}_{i}";
        }

        return name;
    }

    /// <inheritdoc/>
    /// <remarks>ML.NET leaves the domain out where it means the classical machine-learning operators.</remarks>
    public override OnnxNode CreateNode(
        string opType,
        IEnumerable<string> inputs,
        IEnumerable<string> outputs,
        string name,
        string? domain = null)
    {
        var node = Graph.AddNode(opType, name, inputs, outputs, domain ?? OnnxGraphBuilder.MachineLearningDomain);
        _unlifted.Add(node);
        return new PipelineOnnxNode(node);
    }
}
