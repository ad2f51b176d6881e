using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The first n columns of x become T each, how far the number has come through each of its bins, the others stay: x (N, C), y
/// (N, n·T + C − n); see <see cref="PiecewiseKernel"/>. Bins are Float32, known before training, and stay; y is rounded once, when stored.
/// </summary>
internal sealed class PiecewiseLinearOp : UnaryOp
{
    private readonly LayerState _lower;
    private readonly LayerState _factor;
    private readonly int _bins;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="PiecewiseLinearPlan"/> does.</summary>
    public PiecewiseLinearOp(
        string name, Value input, Value output, (LayerState Lower, LayerState Factor) edges, int bins, FormatDecision decision)
        : base(name, input, output)
    {
        (_lower, _factor) = edges;
        (_bins, _decision) = (bins, decision);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LayerState> States => [_lower, _factor];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => Input.NeedsGradient ? [Input] : [];

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"piecewise linear embedding of {_lower.Columns / _bins} numbers in {_bins} bins",
        $"{Input.Columns} → {Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context) => PiecewiseKernel.Forward(context.Device, Arguments(context), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Input.NeedsGradient)
        {
            PiecewiseKernel.Backward(context.Device, Arguments(context), context.Gradient(Output), context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.PiecewiseLinear(values[Input], (_lower.Values, _factor.Values), _bins, Input.Columns, Name);

    private PiecewiseArguments Arguments(OpContext context)
        => new(context[Input], context.State(_lower).Committed, context.State(_factor).Committed, _bins);
}
