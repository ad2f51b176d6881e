using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = γ·(x − µ)/√(σ² + ε) + β with mean and variance of each column of x over the micro-batch, or where nothing trains the running ones: x
/// and y (N, C), γ, β and running statistics (1, C) in Float32. Statistics and arithmetic are Float32; y is rounded once, when stored.
/// </summary>
/// <remarks>Training stages running statistics, which count if the step commits. Backward reads x and the statistics (Float32) and computes
/// the normalised values again; see <see cref="BatchNormKernel"/> for the formulas. dγ and dβ are Float32.</remarks>
internal sealed class BatchNormOp : UnaryOp
{
    private readonly BatchNormParts _parts;
    private readonly Value _statistics;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="BatchNormPlan"/> does.</summary>
    public BatchNormOp(string name, Value input, Value output, BatchNormParts parts, Value statistics, FormatDecision decision)
        : base(name, input, output)
    {
        _parts = parts;
        _statistics = statistics;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_parts.Shift, _parts.Scale];

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override IReadOnlyList<LayerState> States => [_parts.Mean, _parts.Variance];

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => [_statistics];

    /// <inheritdoc/>
    public override bool TakesBiasOut => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [Input, _statistics];

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? BatchNormKernel.CudaScratchBytes(Output.RowsOf(batch), Output.Columns) : 0;

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "batch norm", $"{Output.Columns}", NumericFormat.Float32, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
        StateTensors mean = State(context, _parts.Mean), variance = State(context, _parts.Variance);
        BatchNormRunning running = _parts.Trains
            ? new(mean, variance, context.Position)
            : new(mean with { Staged = default }, variance with { Staged = default }, Position: 0);
        BatchNormKernel.Forward(context.Device, Arguments(context) with { Y = context[Output] }, running);
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite parameters = WriteOf(_parts.Scale);
        BatchNormKernel.Backward(context.Device, Arguments(context), new BatchNormGradients
        {
            Dy = context.Gradient(Output),
            Dx = Input.NeedsGradient ? context.Gradient(Input) : default,
            DScale = parameters != GradientWrite.None ? context.Gradient(_parts.Scale) : default,
            DShift = parameters != GradientWrite.None ? context.Gradient(_parts.Shift) : default,
            Accumulate = accumulate || parameters == GradientWrite.Add,
        });
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.BatchNorm(values[Input], _parts, Name);

    /// <summary>A running statistic; where an earlier operation of the step has staged it, this one goes on from there.</summary>
    private StateTensors State(OpContext context, LayerState state)
    {
        StateTensors tensors = context.State(state);
        return _parts.Trains && StagesAgain ? tensors with { Committed = tensors.Staged } : tensors;
    }

    private BatchNormArguments Arguments(OpContext context) => new()
    {
        X = context[Input],
        Scale = context.Operand(_parts.Scale),
        Shift = context.Operand(_parts.Shift),
        Statistics = context[_statistics],
    };
}

/// <summary>What a batch normalisation belongs to.</summary>
/// <param name="Scale">γ.</param>
/// <param name="Shift">β.</param>
/// <param name="Mean">Running mean.</param>
/// <param name="Variance">Running variance.</param>
/// <param name="Trains">Whether the plan trains.</param>
internal readonly record struct BatchNormParts(Parameter Scale, Parameter Shift, LayerState Mean, LayerState Variance, bool Trains = false);
