using System.Globalization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x ⊙ mask/(1 − p), where the mask is 0 with probability p, else 1: x and y (N, C), computed in Float32 and rounded once when stored.
/// Only
/// in plans that train; see <see cref="DropoutKernel"/> for the mask, which backward draws again: dx = dy ⊙ mask/(1 − p).
/// </summary>
internal sealed class DropoutOp : UnaryOp
{
    private readonly DropoutChoice _choice;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="DropoutPlan"/> does.</summary>
    public DropoutOp(string name, Value input, Value output, DropoutChoice choice, FormatDecision decision)
        : base(name, input, output)
    {
        _choice = choice;
        _decision = decision;
    }

    /// <summary>Number of the dropout within the network.</summary>
    public int Number => _choice.Layer;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(
            Name,
            string.Create(CultureInfo.InvariantCulture, $"dropout {_choice.Rate}"),
            $"{Output.Columns}",
            NumericFormat.Float32,
            Output.Format,
            _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => DropoutKernel.Run(context.Device, context[Input], context[Output], _choice, context.Position);

    /// <inheritdoc/>
    public override bool KeepsGradients => true;

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Input.NeedsGradient)
        {
            DropoutKernel.Run(context.Device, context.Gradient(Output), context.Gradient(Input), _choice, context.Position);
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values) => values[Output] = values[Input];
}
