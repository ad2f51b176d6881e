using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = act(γ·(x − µ)/√(σ² + ε) + β) with mean and variance of each row of x: x and y (N, C), γ and β (1, C) in Float32. Statistics and
/// arithmetic are Float32, activation included; y is rounded once, when stored.
/// </summary>
/// <remarks>Backward reads x and the rows' statistics (Float32) and computes the normalised values and the pre-activation again; see
/// <see cref="LayerNormKernel"/> for the formulas. dγ and dβ are Float32.</remarks>
internal sealed class LayerNormOp : UnaryOp
{
    private readonly Parameter _scale;
    private readonly Parameter _shift;
    private readonly Value? _statistics;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="LayerNormPlan"/> does.</summary>
    public LayerNormOp(
        string name,
        Value input,
        Value output,
        (Parameter Scale, Parameter Shift) parameters,
        Value? statistics,
        FormatDecision decision)
        : base(name, input, output)
    {
        (_scale, _shift) = parameters;
        _statistics = statistics;
        _decision = decision;
    }

    /// <summary>ε.</summary>
    public required float Epsilon { get; init; }

    /// <summary>The activation behind the normalisation.</summary>
    public ActivationKind Activation { get; private set; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_shift, _scale];

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => _statistics is null ? [] : [_statistics];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [Input, .. Extras];

    /// <inheritdoc/>
    public override bool TryFuse(UnaryOp next)
    {
        if (Activation != ActivationKind.None || next is not ActivationOp activation)
        {
            return false;
        }

        Activation = activation.Kind;
        Write([activation.Output]);
        return true;
    }

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? LayerNormKernel.CudaScratchBytes(Output.RowsOf(batch), Output.Columns) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => Math.Max(
            LayerNormForwardJob.ScratchBytes(Output.Columns),
            Input.NeedsGradient ? LayerNormInputJob.ScratchBytes(Output.Columns) : 0);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "layer norm" + (Activation == ActivationKind.None ? "" : $" + {Activation}"),
        $"{Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => LayerNormKernel.Forward(context.Device, Arguments(context) with { Y = context[Output] });

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite parameters = WriteOf(_scale);
        LayerNormKernel.Backward(context.Device, Arguments(context), new LayerNormGradients
        {
            Dy = context.Gradient(Output),
            Dx = Input.NeedsGradient ? context.Gradient(Input) : default,
            DScale = parameters != GradientWrite.None ? context.Gradient(_scale) : default,
            DShift = parameters != GradientWrite.None ? context.Gradient(_shift) : default,
            Accumulate = accumulate || parameters == GradientWrite.Add,
        });
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        OnnxValue n = writer.LayerNorm(values[Input], _scale.Values, _shift.Values, Epsilon, Name);
        values[Output] = Activation == ActivationKind.None ? n : writer.Activation(n, Activation, Output.Name);
    }

    private LayerNormArguments Arguments(OpContext context) => new()
    {
        X = context[Input],
        Scale = context.Operand(_scale),
        Shift = context.Operand(_shift),
        Activation = Activation,
        Epsilon = Epsilon,
        Statistics = _statistics is null ? default : context[_statistics],
    };
}
