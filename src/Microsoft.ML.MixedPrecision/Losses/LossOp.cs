using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>
/// A loss as the end of a list of operations: adds L = f·Σᵢ wᵢ·ℓᵢ ÷ D to the step's loss and writes dx = ∂L/∂x·scale. One kernel makes
/// both, so where a plan trains it runs as the operation's backward pass, the first of all, and forward does nothing: the loss is read with
/// the step's record, and dx needs no place before. Where nothing trains before it, forward measures.
/// </summary>
/// <remarks>
/// x: (N · rows, C) Float32; targets: (N · rows, 1) Int32 classes or (N · rows, C) Float32, dense; w: (N · rows, 1) Float32, or none: all
/// 1. D, the labelled positions of the step, comes with it (<see cref="LossPlaces"/>): rows, where rows have labels; where every step of a
/// sequence has one, the real steps; where some have, those. Where examples have as many rows as they are long, targets are (steps, 1), and
/// the loss says what marks a step without one (<see cref="CrossEntropyLoss"/>). Rows of x that are members of an ensemble share their
/// example's target and weight, (N, 1): f is then divided by their number, in the gradient too where they are to descend their mean
/// (<see cref="LossFactor"/>). A padded one is given any valid target and weight 0, which leaves it without loss and gradient as long as
/// its outputs are finite, and its answer is not counted.
/// </remarks>
internal sealed unsafe class LossOp : Op
{
    private readonly Loss _loss;
    private readonly LossFactor _factor;
    private readonly string _reason;

    /// <summary>Creates the operation; <see cref="LossPlan"/> does.</summary>
    /// <param name="name">Name.</param>
    /// <param name="loss">ℓ.</param>
    /// <param name="factor">f.</param>
    /// <param name="inputs">x, targets and, where rows have them, weights.</param>
    /// <param name="reason">Why it computes in Float32.</param>
    public LossOp(string name, Loss loss, LossFactor factor, ReadOnlySpan<Value> inputs, string reason)
        : base(name, inputs, [])
        => (_loss, _factor, _reason) = (loss, factor, reason);

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => Inputs;

    private Value Logits => Inputs[0];

    /// <summary>Rows of several positions have a weight for each: 0 where one is padded.</summary>
    private bool IsPadded => Inputs.Length > 2 && Inputs[1].Shape is { Rows: > 1, IsSequence: false };

    /// <summary>Rows of x that have one target.</summary>
    private int Members => Logits.Shape.Rows / Inputs[1].Shape.Rows;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? _loss.CudaScratchBytes(Logits.RowsOf(batch), Logits.Columns) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => _loss.CpuScratchBytes(Logits.RowsOf(batch), Logits.Columns);

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(
            Name,
            _factor.Loss == 1 ? _loss.Name : FormattableString.Invariant($"{_factor.Loss} · {_loss.Name}"),
            $"{Logits.Columns}",
            NumericFormat.Float32,
            Logits.GradientFormat,
            _reason + "; its gradient, times the loss scale, is stored for the products");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
        if (!RunsBackward)
        {
            Run(context, gradient: default);
        }
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate) => Run(context, context.Gradient(Logits));

    /// <inheritdoc/>
    /// <remarks>A model answers; what made it small is no part of it.</remarks>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
    }

    private void Run(OpContext context, Tensor gradient)
    {
        if (context.Device is CudaDevice card)
        {
            RunOn(card, context, gradient);
        }
        else
        {
            RunOn((CpuDevice)context.Device, context, gradient);
        }
    }

    private void RunOn(CpuDevice device, OpContext context, Tensor gradient)
    {
        LossPlaces places = context.Losses;
        Tensor logits = context[Logits];
        double loss;
        _loss.Run(device, new LossArguments
        {
            Logits = logits,
            Targets = Targets(context),
            Weights = Weights(context),
            Divisor = *(int*)places.Positions,
            Scale = *(float*)places.Scale,
            Factor = _factor.Loss,
            GradientFactor = _factor.Gradient,
            Gradient = gradient,
            LossSum = &loss,
            Correct = (int*)places.Correct,
            IsPadded = IsPadded,
            Members = Members,
        });
        *(double*)places.Loss += loss;
        if (places.FirstNonFinite != 0 && *(int*)places.FirstNonFinite == LossPlaces.AllFinite)
        {
            *(int*)places.FirstNonFinite = !FiniteCheckKernel.IsFinite(device, logits) ? LossPlaces.LogitNotFinite
                : !double.IsFinite(*(double*)places.Loss) ? LossPlaces.LossNotFinite
                : LossPlaces.AllFinite;
        }
    }

    private void RunOn(CudaDevice device, OpContext context, Tensor gradient)
    {
        LossPlaces places = context.Losses;
        Tensor logits = context[Logits];
        _loss.Run(device, new LossCudaArguments
        {
            Logits = logits,
            Targets = Targets(context),
            Weights = Weights(context),
            Scale = (float*)places.Scale,
            Divisor = (int*)places.Positions,
            Scratch = device.Scratch(_loss.CudaScratchBytes(logits.Rows, logits.Columns)),
            Loss = (double*)places.Loss,
            FirstNonFinite = (int*)places.FirstNonFinite,
            Correct = (int*)places.Correct,
            IsPadded = IsPadded,
            Members = Members,
            Factor = _factor.Loss,
            GradientFactor = _factor.Gradient,
            Gradient = gradient,
        });
    }

    private void* Targets(OpContext context) => (void*)context.Words(Inputs[1]).Address;

    private float* Weights(OpContext context) => Inputs.Length > 2 ? (float*)context.Words(Inputs[2]).Address : null;
}
