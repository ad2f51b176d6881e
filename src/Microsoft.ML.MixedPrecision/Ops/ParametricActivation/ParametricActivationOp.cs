using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = x + α ⊙ (act(x) − x): x and y (N, C), α (1, C) in Float32. Arithmetic is Float32; y is rounded once, when stored.</summary>
/// <remarks>Backward reads x and computes act(x) again; see <see cref="ParametricKernel"/>.</remarks>
internal sealed class ParametricActivationOp : UnaryOp
{
    private readonly ActivationKind _kind;
    private readonly Parameter _shares;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="ParametricActivationPlan"/> does.</summary>
    public ParametricActivationOp(string name, Value input, Value output, ActivationKind kind, Parameter shares, FormatDecision decision)
        : base(name, input, output)
        => (_kind, _shares, _decision) = (kind, shares, decision);

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_shares];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [Input];

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? ParametricKernel.CudaScratchBytes(Output.RowsOf(batch), Output.Columns) : 0;

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, $"parametric {_kind}", $"{Output.Columns}", NumericFormat.Float32, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => ParametricKernel.Forward(context.Device, _kind, context[Input], context.Operand(_shares), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_shares);
        var gradients = new ParametricGradients(
            context.Gradient(Output),
            Input.NeedsGradient ? context.Gradient(Input) : default,
            write != GradientWrite.None ? context.Gradient(_shares) : default,
            accumulate || write == GradientWrite.Add);
        ParametricKernel.Backward(context.Device, _kind, context[Input], context.Operand(_shares), gradients);
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.ParametricActivation(values[Input], _kind, _shares.Values, Name);
}
