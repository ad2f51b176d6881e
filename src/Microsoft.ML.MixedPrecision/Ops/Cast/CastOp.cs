using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x in another format: exact when widening, rounded to nearest even when narrowing. The plan puts one between neighbours whose formats
/// differ.
/// </summary>
internal sealed class CastOp : UnaryOp
{
    /// <summary>Creates the operation; <see cref="CastPlan"/> does.</summary>
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
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Input.NeedsGradient)
        {
            CastKernel.Run(context.Device, context.Gradient(Output), context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values) => values[Output] = values[Input];
}
