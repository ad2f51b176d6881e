using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Checks that a graph is one: each value has one maker before its readers, constants and attributes are sane, operators are
/// accepted.</summary>
/// <param name="limits">The limits.</param>
/// <param name="opsets">The version of each domain.</param>
internal sealed class GraphCheck(OnnxModelLimits limits, Dictionary<string, long> opsets)
{
    private readonly TensorCheck _tensors = new(limits);
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly HashSet<string> _additional = [.. limits.AdditionalOperators];

    /// <summary>Checks a graph.</summary>
    /// <exception cref="OnnxModelRefusedException">It is not well formed, or holds what is not accepted.</exception>
    public void Check(GraphProto graph)
    {
        foreach (var output in graph.Output)
        {
            RequireTensor(output, "output");
        }

        foreach (var tensor in graph.Initializer)
        {
            Make(tensor.Name, "a constant");
            _tensors.Check(tensor, $"the constant '{tensor.Name}'");
        }

        // Inputs of the name of a constant are its declaration, and the constant its value: nothing is asked for.
        var inputs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in graph.Input)
        {
            RequireTensor(input, "input");
            if (!inputs.Add(input.Name))
            {
                throw Refusal.Damaged($"the input '{input.Name}' occurs twice");
            }

            if (!_made.Contains(input.Name))
            {
                Make(input.Name, "an input");
            }
        }

        var attributes = new AttributeCheck(limits, _tensors);
        foreach (var node in graph.Node)
        {
            Check(node, attributes);
        }

        CheckOutputs(graph);
    }

    private void Check(NodeProto node, AttributeCheck attributes)
    {
        string operation = OperatorTable.NameOf(node);
        if (OperatorTable.Find(operation) is null && !_additional.Contains(operation))
        {
            throw Refusal.Because($"node {OperatorCall.Describe(node)} uses the operator '{operation}', which is not accepted",
                $"Export the model without it, or, if you trust its source, add '{operation}' to "
                    + $"{nameof(OnnxModelLimits)}.{nameof(OnnxModelLimits.AdditionalOperators)}; what it makes is then not bounded.");
        }

        if (!opsets.ContainsKey(OperatorTable.DomainOf(node.Domain)))
        {
            throw Refusal.Damaged($"it does not say of which version the operators of '{node.Domain}' are");
        }

        if (node.Overload.Length > 0)
        {
            throw Refusal.Damaged($"node {OperatorCall.Describe(node)} names the overload '{node.Overload}' of a function");
        }

        foreach (string input in node.Input)
        {
            if (input.Length > 0 && !_made.Contains(input))
            {
                throw Refusal.Damaged($"node {OperatorCall.Describe(node)} reads '{input}', which nothing before it makes");
            }
        }

        attributes.Check(node);
        foreach (string output in node.Output.Where(output => output.Length > 0))
        {
            Make(output, $"node {OperatorCall.Describe(node)}");
        }
    }

    private void CheckOutputs(GraphProto graph)
    {
        if (graph.Output.Count == 0)
        {
            throw Refusal.Damaged("it has no outputs");
        }

        var outputs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in graph.Output)
        {
            if (!_made.Contains(output.Name))
            {
                throw Refusal.Damaged($"nothing makes its output '{output.Name}'");
            }

            if (!outputs.Add(output.Name))
            {
                throw Refusal.Damaged($"the output '{output.Name}' occurs twice");
            }
        }
    }

    private void Make(string name, string maker)
    {
        if (name.Length == 0)
        {
            throw Refusal.Damaged($"{maker} has no name");
        }

        if (!_made.Add(name))
        {
            throw Refusal.Damaged($"{maker} makes '{name}', which is there already");
        }
    }

    private static void RequireTensor(ValueInfoProto value, string what)
    {
        string? kind = value.Type?.ValueCase switch
        {
            TypeProto.ValueOneofCase.TensorType => null,
            TypeProto.ValueOneofCase.SequenceType => "a sequence",
            TypeProto.ValueOneofCase.MapType => "a map",
            TypeProto.ValueOneofCase.SparseTensorType => "a sparse tensor",
            TypeProto.ValueOneofCase.OptionalType => "optional",
            null or TypeProto.ValueOneofCase.None => "of no type",
            _ => "opaque",
        };
        if (kind is not null)
        {
            throw Refusal.Because($"the {what} '{value.Name}' is {kind}", "Export the model with tensors only; with converters for "
                + "scikit-learn, set the option 'zipmap' to False.");
        }
    }
}
