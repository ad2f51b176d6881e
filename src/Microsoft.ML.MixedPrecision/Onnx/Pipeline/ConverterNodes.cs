using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;
using static Microsoft.ML.MixedPrecision.Onnx.Graph.AttributeProto.Types;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Writes the nodes of a network with operators of opset 9 to 12, through ML.NET's context. Most are the same there; LayerNormalization
/// (opset 17) is
/// spelled out, in FP32: scale·(x − µ)/√(mean of (x − µ)² + ε) + shift. An operator that is not listed here is refused, not hoped for.
/// </summary>
/// <remarks>Softmax of two dimensions along the second means the same before and after opset 13. Source:
/// https://github.com/onnx/onnx/blob/main/docs/Changelog.md.</remarks>
/// <param name="context">ML.NET's context.</param>
internal sealed class ConverterNodes(OnnxContext context)
{
    /// <summary>Begins the names of variables: ML.NET enters each as a column too, and must not hide one of the data.</summary>
    public const string Prefix = "mlp.";

    private static readonly HashSet<string> Same =
    [
        "Add",
        "ArgMax",
        "BatchNormalization",
        "Cast",
        "Concat",
        "Cos",
        "Div",
        "Erf",
        "Gather",
        "Gemm",
        "Identity",
        "IsNaN",
        "Less",
        "MatMul",
        "Max",
        "Min",
        "Mul",
        "Not",
        "Or",
        "ReduceMax",
        "Relu",
        "Reshape",
        "Selu",
        "Sigmoid",
        "Softmax",
        "Softplus",
        "Sqrt",
        "Sub",
        "Tanh",
        "Where",
    ];

    /// <summary>Writes a node.</summary>
    /// <param name="node">The node, as our own files have it.</param>
    /// <param name="inputs">The variables that it reads.</param>
    /// <returns>The variable that it makes.</returns>
    /// <exception cref="NotSupportedException">The operator has no form there.</exception>
    public string Add(NodeProto node, string[] inputs) => node.OpType switch
    {
        "LayerNormalization" => LayerNormalization(inputs[0], inputs[1], inputs[2], node.Find("epsilon")!.F),
        "Clip" => Add("Min", Add("Max", inputs[0], inputs[1]), inputs[2]), // Its bounds are attributes before opset 11.
        _ when node.Domain.Length == 0 && Same.Contains(node.OpType) => Copy(node, inputs),
        _ => throw new NotSupportedException($"The network's '{node.Name}' is the ONNX operator '{node.OpType}', which ML.NET's "
            + $"ConvertToOnnx, of opset 12 at most, cannot take. Export with {ConverterNetwork.Own}."),
    };

    private string Copy(NodeProto node, string[] inputs)
    {
        var (copy, output) = AddNode(node.OpType, inputs);
        foreach (var attribute in node.Attribute)
        {
            if (attribute.Type == AttributeType.Int)
            {
                copy.AddAttribute(attribute.Name, attribute.I);
            }
            else if (attribute.Type == AttributeType.Float)
            {
                copy.AddAttribute(attribute.Name, (double)attribute.F);
            }
            else if (attribute.Type == AttributeType.Ints)
            {
                copy.AddAttribute(attribute.Name, attribute.Ints);
            }
            else
            {
                throw new NotSupportedException($"The attribute '{attribute.Name}' of the network's '{node.Name}' is of type "
                    + $"{attribute.Type}, which is not written by ML.NET's ConvertToOnnx; export with {ConverterNetwork.Own}.");
            }
        }

        return output;
    }

    private string LayerNormalization(string x, string scale, string shift, float epsilon)
    {
        string centred = Add("Sub", x, RowMean(x));
        string deviation = Add("Sqrt", Add("Add", RowMean(Add("Mul", centred, centred)), Constant(epsilon)));
        return Add("Add", Add("Mul", Add("Div", centred, deviation), scale), shift);
    }

    private string RowMean(string x)
    {
        var (node, mean) = AddNode("ReduceMean", x);
        node.AddAttribute("axes", [1L]);
        node.AddAttribute("keepdims", 1L);
        return mean;
    }

    private string Constant(float value) => context.AddInitializer([value], [1], Prefix + "constant");

    private string Add(string operation, params string[] inputs) => AddNode(operation, inputs).Output;

    private (OnnxNode Node, string Output) AddNode(string operation, params string[] inputs)
    {
        string output = context.AddIntermediateVariable(NumberDataViewType.Single, Prefix + operation, skip: true);
        return (context.CreateNode(operation, inputs, [output], context.GetNodeName(operation), ""), output);
    }
}
