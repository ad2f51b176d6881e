using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Writes small ONNX files for tests, operator by operator; what a test wants to be wrong it changes in
/// <see cref="Model"/>.</summary>
internal sealed class TestGraph
{
    /// <summary>The file.</summary>
    public ModelProto Model { get; } = new()
    {
        IrVersion = 9,
        ProducerName = "test",
        Graph = new GraphProto { Name = "test" },
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 20 } },
    };

    public GraphProto Graph => Model.Graph;

    /// <summary>An input; a dimension of −1 is open.</summary>
    public TestGraph Input(string name, OnnxElementType type, params long[] dimensions)
    {
        Graph.Input.Add(Describe(name, type, dimensions));
        return this;
    }

    /// <summary>An output; a dimension of −1 is open.</summary>
    public TestGraph Output(string name, OnnxElementType type, params long[] dimensions)
    {
        Graph.Output.Add(Describe(name, type, dimensions));
        return this;
    }

    /// <summary>A constant.</summary>
    public TestGraph Constant<T>(string name, OnnxElementType type, T[] values, params long[] dimensions)
        where T : unmanaged
    {
        Graph.Initializer.Add(OnnxTensors.Wrap(name, type, values, dimensions));
        return this;
    }

    /// <summary>A constant of whole numbers, one dimension.</summary>
    public TestGraph Numbers(string name, params long[] values) => Constant(name, OnnxElementType.Int64, values, values.Length);

    /// <summary>A node.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="inputs">Names, separated by blanks.</param>
    /// <param name="outputs">Names, separated by blanks.</param>
    /// <param name="change">Adds attributes.</param>
    public TestGraph Node(string operation, string inputs, string outputs, Action<NodeProto>? change = null)
    {
        var node = new NodeProto { OpType = operation, Name = outputs.Split(' ')[0] + "_node" };
        node.Input.AddRange(inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        node.Output.AddRange(outputs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        change?.Invoke(node);
        Graph.Node.Add(node);
        return this;
    }

    /// <summary>A node of ai.onnx.ml.</summary>
    public TestGraph MachineLearning(string operation, string inputs, string outputs, Action<NodeProto>? change = null)
    {
        if (!Model.OpsetImport.Any(import => import.Domain == OnnxGraphBuilder.MachineLearningDomain))
        {
            Model.OpsetImport.Add(new OperatorSetIdProto { Domain = OnnxGraphBuilder.MachineLearningDomain, Version = 3 });
        }

        return Node(operation, inputs, outputs, node =>
        {
            node.Domain = OnnxGraphBuilder.MachineLearningDomain;
            change?.Invoke(node);
        });
    }

    /// <summary>Any other change.</summary>
    public TestGraph With(Action<ModelProto> change)
    {
        change(Model);
        return this;
    }

    public byte[] ToBytes() => Model.ToByteArray();

    private static ValueInfoProto Describe(string name, OnnxElementType type, long[] dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (long dimension in dimensions)
        {
            shape.Dim.Add(
                dimension < 0
                    ? new TensorShapeProto.Types.Dimension { DimParam = "N" }
                    : new TensorShapeProto.Types.Dimension { DimValue = dimension });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }
}
