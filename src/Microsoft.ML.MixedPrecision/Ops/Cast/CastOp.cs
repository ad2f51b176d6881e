using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x in another format: exact when widening, rounded to nearest even when narrowing. The plan puts one between neighbours whose formats differ.
/// </summary>
internal sealed class CastOp : Op
{
    /// <summary>Creates the operation; <see cref="PlanBuilder"/> does.</summary>
    public CastOp(string name, Value input, Value output)
        : base(name, input, output)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [];

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "cast", $"{Output.Columns}", Input.Format, Output.Format, "the next operation takes another format");

    /// <inheritdoc/>
    public override void Forward(OpContext context) => CastKernel.Run(context.Device, context[Input], context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, BackwardWants wants)
    {
        if ((wants & BackwardWants.InputGradient) != 0)
        {
            CastKernel.Run(context.Device, context.Gradient(Output), context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override OnnxValue WriteOnnx(OnnxNetworkWriter writer, IReadOnlyDictionary<Value, OnnxValue> values) => values[Input];
}
