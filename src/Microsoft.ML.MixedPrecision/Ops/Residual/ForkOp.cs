using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The start of a residual block y = x + f(x): gives x, in its own memory, to the branch f. It does nothing forward; backward it adds the two
/// gradients of x in Float32 and rounds their sum once: dx = d(branch's input) + dy.
/// </summary>
/// <remarks>x (N, C); its gradient, the branch's and dy may be of different formats.</remarks>
internal sealed class ForkOp : Op
{
    private ResidualOp? _end;

    /// <summary>Creates the operation; <see cref="PlanBuilder"/> does.</summary>
    public ForkOp(string name, Value input, Value output)
        : base(name, input, output)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    /// <inheritdoc/>
    public override IEnumerable<Value> GradientsRead => [Output, End.Output];

    private ResidualOp End => _end ?? throw new InvalidOperationException($"The block of '{Name}' has no end.");

    /// <summary>Says where the branch ends.</summary>
    public void EndWith(ResidualOp end) => _end = end;

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "fork", $"{Output.Columns}", Input.Format, Output.Format, "the same memory for branch and shortcut; their gradients are added in Float32");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, BackwardWants wants)
    {
        if ((wants & BackwardWants.InputGradient) != 0)
        {
            Addition.Run(context.Device, context.Gradient(Output), context.Gradient(End.Output), context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override OnnxValue WriteOnnx(OnnxNetworkWriter writer, IReadOnlyDictionary<Value, OnnxValue> values) => values[Input];
}
