using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Safety;

/// <summary>Tells what an operator makes of its inputs.</summary>
/// <param name="call">The node and what is known of its inputs.</param>
/// <returns>What is known of its outputs, all that the operator can have, in order.</returns>
internal delegate ValueSize[] SizeRule(OperatorCall call);

/// <summary>A node, with what is known of its inputs, as the rules of operators read it.</summary>
/// <param name="node">The node.</param>
/// <param name="inputs">Its inputs; null for one that is left out.</param>
/// <param name="opset">Version of the operator's domain.</param>
internal sealed class OperatorCall(NodeProto node, IReadOnlyList<ValueSize?> inputs, long opset)
{
    /// <summary>Version of the operator's domain.</summary>
    public long Opset => opset;

    /// <summary>Number of inputs, left-out ones included.</summary>
    public int InputCount => inputs.Count;

    /// <summary>Number of outputs.</summary>
    public int OutputCount => node.Output.Count;

    /// <summary>What the operator needs besides its outputs while it runs, in bytes.</summary>
    public long Workspace { get; set; }

    /// <summary>All inputs that are not left out.</summary>
    public IEnumerable<ValueSize> Present => inputs.OfType<ValueSize>();

    /// <summary>An input.</summary>
    /// <exception cref="OnnxModelRefusedException">It is left out.</exception>
    public ValueSize Input(int index) => Optional(index) ?? throw Refuse($"input {index} is missing");

    /// <summary>An input, or null.</summary>
    public ValueSize? Optional(int index) => index < inputs.Count ? inputs[index] : null;

    /// <summary>The type of an input.</summary>
    public OnnxElementType TypeOf(int index) => Input(index).Type;

    /// <summary>An attribute that is a whole number.</summary>
    public long Int(string name, long missing) => Find(name, AttributeProto.Types.AttributeType.Int)?.I ?? missing;

    /// <summary>An attribute that is a list of whole numbers; null if there is none.</summary>
    public long[]? Ints(string name) => Find(name, AttributeProto.Types.AttributeType.Ints) is { } attribute ? [.. attribute.Ints] : null;

    /// <summary>Length of an attribute that is a list of FP32; 0 if there is none.</summary>
    public int FloatCount(string name) => Find(name, AttributeProto.Types.AttributeType.Floats)?.Floats.Count ?? 0;

    /// <summary>Length of an attribute that is a list of texts; 0 if there is none.</summary>
    public int StringCount(string name) => Find(name, AttributeProto.Types.AttributeType.Strings)?.Strings.Count ?? 0;

    /// <summary>An attribute that is a list of texts; empty if there is none.</summary>
    public string[] Strings(string name)
        => Find(name, AttributeProto.Types.AttributeType.Strings) is { } attribute
            ? [.. attribute.Strings.Select(text => text.ToStringUtf8())]
            : [];

    /// <summary>An attribute that is a text.</summary>
    public string Text(string name, string missing) => Find(name, AttributeProto.Types.AttributeType.String)?.S.ToStringUtf8() ?? missing;

    /// <summary>An attribute that is a tensor; null if there is none.</summary>
    public TensorProto? Tensor(string name) => Find(name, AttributeProto.Types.AttributeType.Tensor)?.T;

    /// <summary>Whether there is an attribute.</summary>
    public bool Has(string name) => node.Find(name) is not null;

    /// <summary>Whole numbers that older versions of an operator have as an attribute and newer ones as an input; null if there are
    /// none.</summary>
    /// <exception cref="OnnxModelRefusedException">They are computed from the rows.</exception>
    public long[]? Ints(string name, int input)
        => Ints(name)
            ?? (Optional(input) is { } value ? value.Known ?? throw Refuse($"its '{name}' are computed from the rows or too many, so "
                + $"that the size of what it makes cannot be bounded") : null);

    /// <summary>An axis of a shape, from 0.</summary>
    /// <param name="axis">The axis, which counts from the end if it is negative.</param>
    /// <param name="rank">Dimensions of the shape.</param>
    public int Axis(long axis, int rank)
        => axis >= -rank && axis < rank
            ? (int)(axis < 0 ? axis + rank : axis)
            : throw Refuse($"axis {axis} of a value with {rank} dimensions does not exist");

    /// <summary>The refusal of this node.</summary>
    /// <param name="reason">Why, without a full stop.</param>
    public OnnxModelRefusedException Refuse(string reason)
        => Refusal.Because($"node {Describe(node)}: {reason}", "Export the model with fixed shapes behind the number of rows, or use "
            + "an undamaged file.");

    /// <summary>A node, for messages.</summary>
    public static string Describe(NodeProto node)
        => $"'{node.Name}' ({node.OpType}{(node.Output.Count > 0 ? $", which makes '{node.Output[0]}'" : "")})";

    private AttributeProto? Find(string name, AttributeProto.Types.AttributeType type)
    {
        var attribute = node.Find(name);
        return attribute is null || attribute.Type == type
            ? attribute
            : throw Refuse($"attribute '{name}' is {attribute.Type}, not {type}");
    }
}
