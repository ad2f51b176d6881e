using System.Globalization;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = softmax(Q·Kᵀ/√D)·V of each head, from Q, K and V beside each other: x (R, 3·H·D), y (R, H·D), R the steps of all examples; where
/// these differ in length it reads their ends besides. See <see cref="AttentionKernel"/> for the formulas.
/// </summary>
/// <remarks>Backward reads x, y and a number a row and head (Float32), from which it computes the softmax again.</remarks>
internal sealed class AttentionOp : Op, IStepwiseOp
{
    private readonly int _heads;
    private readonly bool _isCausal;
    private readonly Value? _statistics;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="AttentionPlan"/> does.</summary>
    public AttentionOp(
        string name,
        ReadOnlySpan<Value> inputs,
        Value output,
        Value? statistics,
        (int Heads, bool IsCausal, AttentionDropout Dropout) choice,
        FormatDecision decision)
        : base(name, inputs, [output])
    {
        (_heads, _isCausal, Dropout) = choice;
        _statistics = statistics;
        _decision = decision;
    }

    /// <summary>What is dropped.</summary>
    public AttentionDropout Dropout { get; }

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => _statistics is null ? [] : [_statistics];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [.. Inputs, Output, .. Extras];

    /// <inheritdoc/>
    /// <remarks>A key and a value of all heads.</remarks>
    public int NumbersOfStep => _isCausal
        ? checked(2 * Output.Columns)
        : throw new NotSupportedException($"'{Name}' sees later steps, so that its steps cannot be computed one by one.");

    private Value Qkv => Inputs[0];

    private Value Output => Outputs[0];

    private int HeadSize => Output.Columns / _heads;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use) => use == CudaScratchUse.Sums && Qkv.NeedsGradient
        ? AttentionKernel.CudaScratchBytes(new AttentionShape(Output.RowsOf(batch), _heads, HeadSize, _isCausal))
        : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch) => Math.Max(
        AttentionForwardJob.ScratchBytes(Output.Shape.Rows, HeadSize),
        Qkv.NeedsGradient ? AttentionBackwardJob.ScratchBytes(Output.Shape.Rows, HeadSize) : 0);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        (_isCausal ? "causal attention" : "attention")
            + (Dropout.Rate > 0 ? string.Create(CultureInfo.InvariantCulture, $", dropout {Dropout.Rate}") : ""),
        $"{_heads} × {HeadSize}",
        _decision.Format,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context) => AttentionKernel.Forward(context.Device, Arguments(context));

    /// <inheritdoc/>
    public void ForwardStep(OpContext context, Span<float> kept, int step)
        => AttentionStep.Run(new AttentionShape(1, _heads, HeadSize, _isCausal), context[Qkv], kept, context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        if (Qkv.NeedsGradient)
        {
            AttentionKernel.Backward(
                context.Device,
                Arguments(context),
                new AttentionGradients(context.Gradient(Output), context.Gradient(Qkv)));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.Attention(
            values[Qkv],
            Inputs.Length > 1 ? values[Inputs[1]] : null,
            (_heads, HeadSize, Output.Shape.Rows, _isCausal),
            Name);

    private AttentionArguments Arguments(OpContext context)
    {
        Tensor y = context[Output];
        return new AttentionArguments
        {
            Shape = new AttentionShape(y.Rows, _heads, HeadSize, _isCausal),
            Qkv = context[Qkv].As(_decision.Format),
            Y = y,
            Statistics = _statistics is null ? default : context[_statistics],
            Places = context.PlacesOf(Inputs, Output),
            Dropout = Dropout,
            Position = Dropout.Rate > 0 ? context.Position : 0,
        };
    }
}
