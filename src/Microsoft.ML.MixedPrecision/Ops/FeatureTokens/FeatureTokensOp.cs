using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// T = 1 + n + m tokens of a row of n numbers and m cells of d columns: x (N, n + m·d), y (N·T, d), w (n, d) and b (T, d); see
/// <see cref="FeatureTokensKernel"/>. Parameters and arithmetic are Float32, y is rounded once, when stored.
/// </summary>
internal sealed class FeatureTokensOp : UnaryOp
{
    private readonly Parameter? _weight;
    private readonly Parameter _bias;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="FeatureTokensPlan"/> does.</summary>
    public FeatureTokensOp(string name, Value input, Value output, Parameter? weight, Parameter bias, FormatDecision decision)
        : base(name, input, output)
        => (_weight, _bias, _decision) = (weight, bias, decision);

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _weight is null ? [_bias] : [_weight, _bias];

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => _weight is null ? [] : [Input];

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"{_bias.Rows} tokens of features",
        $"{Input.Columns} → {_bias.Rows} × {_bias.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context) => FeatureTokensKernel.Forward(context.Device, Arguments(context), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_bias);
        bool trains = write != GradientWrite.None;
        FeatureTokensKernel.Backward(context.Device, Arguments(context), new FeatureTokensGradients
        {
            Dy = context.Gradient(Output),
            Dx = Input.NeedsGradient ? context.Gradient(Input) : default,
            Weight = trains && _weight is not null ? context.Gradient(_weight) : default,
            Bias = trains ? context.Gradient(_bias) : default,
            Accumulate = accumulate || write == GradientWrite.Add,
        });
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.FeatureTokens(values[Input], _weight, _bias, Name);

    private FeatureTokensArguments Arguments(OpContext context) => new()
    {
        X = context[Input],
        Weight = _weight is null ? default : context.Operand(_weight),
        Bias = context.Operand(_bias),
    };
}
