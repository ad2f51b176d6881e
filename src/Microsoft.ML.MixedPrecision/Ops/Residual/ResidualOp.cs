using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = a + b, all (N, C), added in Float32 and rounded once when stored: the end of a residual block y = f(x) + x, where b is x itself.
/// Backward gives dy to the branch; the shortcut's share, which is dy as it stands, is left to the fork at the block's start where there is
/// one (<see cref="ForkOp"/>), so that dy is kept until then.
/// </summary>
/// <remarks>The branch's gradient is dy in its own memory, or a copy where the branch's last operation overwrites what it gets.
/// Source: K. He et al., "Deep Residual Learning", 2015.</remarks>
internal sealed class ResidualOp : Op
{
    private const int Shortcut = 1;

    private readonly FormatDecision _decision;
    private bool _leavesShortcut;

    /// <summary>Creates the operation; <see cref="ResidualPlan"/> does.</summary>
    public ResidualOp(string name, Value branch, Value shortcut, Value output, FormatDecision decision)
        : base(name, [branch, shortcut], [output])
    {
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    private Value Output => Outputs[0];

    /// <inheritdoc/>
    public override Value? PassedOn(int input) => input == Shortcut ? Output : null;

    /// <inheritdoc/>
    public override void LeaveShare(int input) => _leavesShortcut = true;

    /// <inheritdoc/>
    public override Value? SharedGradient(Value input)
        => input == Inputs[0]
            && input != Inputs[Shortcut]
            && input.GradientFormat == Output.GradientFormat
            && input.Producer is { KeepsGradients: true } ? Output : null;

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "residual add", $"{Output.Columns}", NumericFormat.Float32, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => Addition.Run(context.Device, context[Inputs[0]], context[Inputs[Shortcut]], context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        Tensor dy = context.Gradient(Output);
        foreach (Value input in GradientsWritten)
        {
            Tensor gradient = context.Gradient(input);
            if (gradient.Address != dy.Address)
            {
                CastKernel.Run(context.Device, dy, gradient);
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.Add(values[Inputs[0]], values[Inputs[Shortcut]], Name);

    /// <inheritdoc/>
    protected override bool WritesGradientOf(int input) => input != Shortcut || !_leavesShortcut;
}
