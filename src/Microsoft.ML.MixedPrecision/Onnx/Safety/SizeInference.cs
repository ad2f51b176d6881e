using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Bounds the memory of every value of a checked graph at one batch size, by following shapes from the inputs on.</summary>
/// <param name="limits">The limits.</param>
/// <param name="opsets">The version of each domain.</param>
internal sealed class SizeInference(OnnxModelLimits limits, Dictionary<string, long> opsets)
{
    private readonly Dictionary<string, ValueSize> _values = new(StringComparer.Ordinal);

    /// <summary>The bound of all values together, see <see cref="OnnxModelLimits.MaxWorkingBytes"/>.</summary>
    public long WorkingBytes { get; private set; }

    /// <summary>What is known of a value.</summary>
    public ValueSize this[string name] => _values[name];

    /// <summary>Follows the shapes.</summary>
    /// <param name="graph">A graph that <see cref="GraphCheck"/> accepts.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="rows">The batch size.</param>
    /// <exception cref="OnnxModelRefusedException">A value, or all together, would be above a limit, or cannot be bounded.</exception>
    public void Run(GraphProto graph, IEnumerable<ModelPort> inputs, int rows)
    {
        foreach (var input in inputs)
        {
            Add(input.Name, new ValueSize(input.Type, input.Shape(rows)), $"the input '{input.Name}'", rows);
        }

        foreach (var tensor in graph.Initializer)
        {
            var size = TensorCheck.SizeOf(tensor);
            Add(tensor.Name, size, $"the constant '{tensor.Name}'", rows);
            Count(size.Bytes, rows);
        }

        foreach (var node in graph.Node)
        {
            Run(node, rows);
        }
    }

    private void Run(NodeProto node, int rows)
    {
        var call = new OperatorCall(
            node,
            [.. node.Input.Select(input => input.Length == 0 ? null : _values[input])],
            opsets[OperatorTable.DomainOf(node.Domain)]);
        var rule = OperatorTable.Find(OperatorTable.NameOf(node));
        ValueSize[]? outputs = rule is null || call.Present.Any(input => input.Dimensions is null) ? null : Apply(rule, call);
        if (outputs is not null && node.Output.Count > outputs.Length)
        {
            throw call.Refuse($"it has {node.Output.Count} outputs, where {outputs.Length} are accepted");
        }

        for (int i = 0; i < node.Output.Count; i++)
        {
            if (node.Output[i].Length > 0)
            {
                Add(node.Output[i], outputs?[i] ?? ValueSize.Unbounded, $"'{node.Output[i]}', which node {OperatorCall.Describe(node)} "
                    + $"makes,", rows);
            }
        }

        Count(call.Workspace, rows);
    }

    private static ValueSize[] Apply(SizeRule rule, OperatorCall call)
    {
        try
        {
            return rule(call);
        }
        catch (OverflowException)
        {
            throw call.Refuse("its sizes are beyond 64 bits");
        }
    }

    private void Add(string name, ValueSize size, string what, int rows)
    {
        if (size.Rank > limits.MaxRank)
        {
            throw Refusal.AboveLimit($"{what} has {size.Rank} dimensions", limits.MaxRank, nameof(OnnxModelLimits.MaxRank));
        }

        if (Array.Exists(size.Shape, dimension => dimension is < 0 or > int.MaxValue))
        {
            throw Refusal.Damaged($"{what} has the shape {size} in a batch of {rows} rows");
        }

        if (size.Dimensions is not null && size.Bytes > limits.MaxValueBytes)
        {
            throw AboveLimit($"{what} takes {size.Bytes} bytes", rows, limits.MaxValueBytes, nameof(OnnxModelLimits.MaxValueBytes));
        }

        Count(size.Dimensions is null ? 0 : size.Bytes, rows);
        _values[name] = size;
    }

    private void Count(long bytes, int rows)
    {
        WorkingBytes = bytes > long.MaxValue - WorkingBytes ? long.MaxValue : WorkingBytes + bytes;
        if (WorkingBytes > limits.MaxWorkingBytes)
        {
            throw AboveLimit(
                $"its values take {WorkingBytes} bytes or more",
                rows,
                limits.MaxWorkingBytes,
                nameof(OnnxModelLimits.MaxWorkingBytes));
        }
    }

    private static OnnxModelRefusedException AboveLimit(string what, int rows, long limit, string option)
        => Refusal.Because($"{what} in a batch of {rows} rows; at most {limit} is allowed",
            $"Use a smaller batch size, or, if you trust the file's source, raise {nameof(OnnxModelLimits)}.{option}.");
}
