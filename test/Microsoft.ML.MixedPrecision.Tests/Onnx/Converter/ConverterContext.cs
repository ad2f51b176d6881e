using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Converter;

/// <summary>
/// Stands in for the context of ML.NET's <c>ConvertToOnnx</c>, whose package this build does not have: opset 12, IR 7, names made and columns tracked as
/// its OnnxContextImpl does (a second variable of a name gets a number, a variable is a column too).
/// </summary>
internal sealed partial class ConverterContext : OnnxContext
{
    public const int Opset = 12;
    private readonly GraphProto _graph = new() { Name = "model" };
    private readonly Dictionary<string, string> _columns = [];
    private readonly Dictionary<string, long[]> _shapes = [];
    private readonly HashSet<string> _variables = [];
    private readonly HashSet<string> _nodes = [];

    /// <summary>An opset below 12, if one is asked for.</summary>
    public int RequestedOpset { get; init; } = Opset;

    public void AddInput(DataViewType type, string column) => _graph.Input.Add(Describe(type, AddVariable(column)));

    public void AddOutput(DataViewType type, string variable) => _graph.Output.Add(Describe(type, variable));

    public byte[] ToFile()
    {
        var model = new ModelProto { IrVersion = 7, ProducerName = "test", Domain = "test", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 2 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = RequestedOpset });
        return model.ToByteArray();
    }

    public override bool ContainsColumn(string colName) => _columns.ContainsKey(colName);

    public override bool IsVariableDefined(string variableName) => _variables.Contains(variableName);

    public override string GetVariableName(string colName) => _columns[colName];

    public override void RemoveColumn(string colName, bool removeVariable = false) => _columns.Remove(colName);

    public override void RemoveVariable(string variableName, bool removeColumn)
    {
        string column = _columns.Single(entry => entry.Value == variableName).Key;
        _columns.Remove(column);
        _variables.Remove(column);
    }

    public override void RemoveInputVariable(string variableName) => throw new NotSupportedException();

    public override string GetNodeName(string prefix) => Unique(prefix, _nodes);

    public override OnnxVersion GetOnnxVersion() => OnnxVersion.Stable;

    public override void CheckOpSetVersion(int thisTransformerMinumumOpSetVersion, string registerTransformerName)
        => Contracts.Check(RequestedOpset >= thisTransformerMinumumOpSetVersion, $"Requested OpSet version {RequestedOpset} is lower than {registerTransformerName}'s minimum OpSet version requirement: {thisTransformerMinumumOpSetVersion}");

    public override string AddIntermediateVariable(DataViewType type, string colName, bool skip = false)
    {
        string variable = AddVariable(colName);
        if (!skip)
        {
            _graph.ValueInfo.Add(Describe(type, variable));
        }

        return variable;
    }

    public override List<long> RetrieveShapeOrNull(string variableName) => _shapes.TryGetValue(variableName, out long[]? shape) ? [.. shape] : null!;

    public override OnnxNode CreateNode(string opType, IEnumerable<string> inputs, IEnumerable<string> outputs, string name, string? domain = null)
    {
        Assert.IsTrue(_nodes.Add(name), name);
        var node = new NodeProto { OpType = opType, Name = name, Domain = domain ?? "ai.onnx.ml" };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        _graph.Node.Add(node);
        return new ConverterNode(node);
    }

    private string AddVariable(string column)
    {
        string variable = Unique(column, _variables);
        _columns[column] = variable;
        _variables.Add(variable);
        return variable;
    }

    private static string Unique(string prefix, HashSet<string> taken)
        => !taken.Contains(prefix) ? prefix : prefix + Enumerable.Range(0, int.MaxValue).First(count => !taken.Contains(prefix + count));

    private ValueInfoProto Describe(DataViewType type, string variable)
    {
        var vector = type as VectorDataViewType;
        long[] dimensions = vector is null ? [1] : [.. vector.Dimensions.Select(dimension => (long)dimension)];
        _shapes[variable] = [-1, .. dimensions];
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "None" });
        shape.Dim.AddRange(dimensions.Select(dimension => new TensorShapeProto.Types.Dimension { DimValue = dimension }));
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)ConverterNode.ElementOf((vector?.ItemType ?? type).RawType), Shape = shape };
        return new ValueInfoProto { Name = variable, Type = new TypeProto { TensorType = tensor } };
    }
}
