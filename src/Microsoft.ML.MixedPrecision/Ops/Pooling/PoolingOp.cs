using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y (N, C), a row of each example's rows of x (R, C): see <see cref="PoolingKernel"/>.</summary>
/// <remarks>Backward reads x for <see cref="Pooling.Max"/> alone.</remarks>
internal sealed class PoolingOp : Op
{
    private readonly Pooling _kind;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="PoolingPlan"/> does.</summary>
    public PoolingOp(string name, ReadOnlySpan<Value> inputs, Value output, Pooling kind, FormatDecision decision)
        : base(name, inputs, [output])
    {
        _kind = kind;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => _kind == Pooling.Max ? Inputs : Inputs.Skip(1);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"pooling {_kind}",
        $"{Outputs[0].Columns}",
        NumericFormat.Float32,
        Outputs[0].Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => PoolingKernel.Forward(context.Device, _kind, context[Inputs[0]], context[Outputs[0]], Places(context));

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Inputs[0].NeedsGradient)
        {
            PoolingKernel.Backward(
                context.Device,
                _kind,
                _kind == Pooling.Max ? context[Inputs[0]] : default,
                context.Gradient(Outputs[0]),
                context.Gradient(Inputs[0]),
                Places(context));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Outputs[0]] = writer.Pooling(
            values[Inputs[0]],
            Inputs.Length > 1 ? values[Inputs[1]] : null,
            (_kind, Inputs[0].Shape.Rows, Inputs[0].Columns),
            Name);

    private ExamplePlaces Places(OpContext context) => context.PlacesOf(Inputs, Inputs[0]);
}
