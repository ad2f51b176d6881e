using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The end of a residual block: y = f(x) + x, all (N, C), added in Float32 and rounded once when stored. Backward gives dy to the branch; the
/// shortcut's share is added where the block began (<see cref="ForkOp"/>), so that dy is kept until then.
/// </summary>
/// <remarks>The branch gets a copy of dy, since it may overwrite its gradient. Source: K. He et al., "Deep Residual Learning", 2015.</remarks>
internal sealed class ResidualOp : Op
{
    private readonly Value _shortcut;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="PlanBuilder"/> does.</summary>
    public ResidualOp(string name, Value branch, Value shortcut, Value output, FormatDecision decision)
        : base(name, branch, output)
    {
        _shortcut = shortcut;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Read => [Input, _shortcut];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "residual add", $"{Output.Columns}", NumericFormat.Float32, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => Addition.Run(context.Device, context[Input], context[_shortcut], context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, BackwardWants wants)
    {
        if ((wants & BackwardWants.InputGradient) != 0)
        {
            CastKernel.Run(context.Device, context.Gradient(Output), context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override OnnxValue WriteOnnx(OnnxNetworkWriter writer, IReadOnlyDictionary<Value, OnnxValue> values)
        => writer.Add(values[Input], values[_shortcut], Name);
}
