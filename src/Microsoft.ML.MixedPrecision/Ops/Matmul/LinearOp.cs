using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = act(x·Wᵀ + b): x (N, K), W (C, K), b (1, C), y (N, C). Products take operands in one format and add in Float32; bias and activation
/// are applied in Float32 and y is rounded once, when stored. Of k members each has a product of its own, x (N·k, K) with the members' rows
/// in turn, W (k·C, K), b (k, C), y (N·k, C): y[n·k + i] = act(x[n·k + i]·Wᵢᵀ + bᵢ).
/// </summary>
/// <remarks>
/// Backward, with dz = dy ⊙ act′: dW = dzᵀ·x and db = Σ rows of dz, both Float32; dx = dz·W. Where x is itself the activation of another
/// <see cref="LinearOp"/> that only this one reads, dx is multiplied by that activation's derivative in Float32 before its one rounding,
/// and the other operation finds its dz ready (<see cref="FoldGradientOf"/>).
/// </remarks>
internal sealed partial class LinearOp : UnaryOp
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly FormatDecision _decision;
    private readonly int _members;
    private Value? _preActivation;
    private LinearOp? _folded;
    private bool _gradientArrivesFolded;
    private bool _leavesBias;

    /// <summary>Creates the operation; <see cref="LinearPlan"/> does, and of members <see cref="MemberLinearPlan"/>.</summary>
    public LinearOp(string name, Value input, Value output, Parameter weight, Parameter? bias, FormatDecision decision, int members = 1)
        : base(name, input, output)
    {
        _weight = weight;
        _bias = bias;
        _decision = decision;
        _members = members;
    }

    /// <summary>The activation in the epilogue.</summary>
    public ActivationKind Activation { get; private set; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _bias is null ? [_weight] : [_bias, _weight];

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> ParametersWithGradient => _leavesBias ? [_weight] : Parameters;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> ProductWeights => _members == 1 ? [_weight] : [];

    /// <inheritdoc/>
    public override NumericFormat ParameterFormat => _decision.Format;

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => _preActivation is null ? [] : [_preActivation];

    /// <inheritdoc/>
    public override IEnumerable<Value> Watched => [.. Extras, Output];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved
    {
        get
        {
            if (WriteOf(_weight) != GradientWrite.None)
            {
                yield return Input;
            }

            if (Activation != ActivationKind.None && !_gradientArrivesFolded)
            {
                yield return SavedForActivation;
            }

            if (_folded is not null)
            {
                yield return _folded.SavedForActivation;
            }
        }
    }

    /// <inheritdoc/>
    public override bool StoresAnyFormat => true;

    /// <inheritdoc/>
    public override bool KeepsGradients => Activation == ActivationKind.None;

    /// <summary>Whether another product may compute dz, and on a card the bias's gradient, in this one's place.</summary>
    private bool CanBeFolded => Activation != ActivationKind.None && !SharesParameters;

    private int Width => Output.Columns;

    private bool TrainsBias => WriteOf(_bias) != GradientWrite.None;

    /// <summary>What the activation's derivative is computed from: y, or z = x·Wᵀ + b where y does not suffice.</summary>
    private Value SavedForActivation => _preActivation ?? Output;

    /// <inheritdoc/>
    public override bool TryFuse(UnaryOp next)
    {
        if (Activation != ActivationKind.None || next is not ActivationOp activation)
        {
            return false;
        }

        Activation = activation.Kind;
        if (Output.NeedsGradient && !Activations.SavesOutput(activation.Kind))
        {
            _preActivation = Output;
        }

        Write([activation.Output]);
        return true;
    }

    /// <summary>
    /// Multiplies dx by the derivative of the activation in <paramref name="producer"/>'s epilogue, if that is a product that shares no
    /// parameter: on a card its bias's gradient comes with the folded one, out of the order in which several operations add to one
    /// gradient.
    /// </summary>
    public override void FoldGradientOf(Op producer)
    {
        if (producer is LinearOp { CanBeFolded: true } product)
        {
            _folded = product;
            product._gradientArrivesFolded = true;
        }
    }

    /// <summary>
    /// Leaves the bias as it is: before a batch norm, which subtracts each column's mean, it changes nothing. Its gradient would be the sum
    /// of rounding alone, which AdamW,
    /// dividing by the gradient's size, turns into steps of the full rate. So none is computed: in its arena it stays 0, and no optimizer
    /// moves what has neither gradient nor decay.
    /// </summary>
    public override void LeaveBias() => _leavesBias = true;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
    {
        int rows = Output.RowsOf(batch);
        if (use == CudaScratchUse.Sums)
        {
            return MemberBiasGradient.CudaScratchBytes(rows, Width, _members);
        }

        long forward = Matmul.CudaScratchBytes(rows, Width, Output.Format, Activation);
        return Math.Max(
            forward,
            _folded is null ? 0 : Matmul.CudaScratchBytes(rows, _weight.Columns, Input.GradientFormat, _folded.Activation));
    }

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
    {
        int rows = Output.RowsOf(batch) / _members;
        long forward = Matmul.CpuScratchBytes(device, new MatmulShape(rows, Width, _weight.Columns));
        long weightGradient = Matmul.CpuScratchBytes(device, new MatmulShape(Width, _weight.Columns, rows));
        long inputGradient = Input.NeedsGradient ? Matmul.CpuScratchBytes(device, new MatmulShape(rows, _weight.Columns, Width)) : 0;
        return Math.Max(forward, Math.Max(weightGradient, inputGradient));
    }

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        (_members == 1 ? "linear" : "linear of members")
            + (_bias is null ? "" : " + bias")
            + (Activation == ActivationKind.None ? "" : $" + {Activation}"),
        _members == 1 ? $"{_weight.Columns} → {Width}" : $"{_members} × ({_weight.Columns} → {Width})",
        _decision.Format,
        Output.Format,
        Output.Format == _decision.Format.Storage() ? _decision.Reason : _decision.Reason + $"; the loss reads {Output.Format}");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
        Matmul.Run(context.Device, new MatmulArguments
        {
            A = context[Input].As(_decision.Format),
            B = context.Operand(_weight),
            TransposeB = true,
            PackedB = _members == 1 ? context.Packed(_weight) : null,
            C = context[Output],
            Bias = _bias is null ? default : context.Operand(_bias),
            Activation = Activation,
            PreActivation = _preActivation is null ? default : context[_preActivation],
            Members = _members,
        });
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        OnnxValue z = _members == 1
            ? writer.Linear(values[Input], _weight.Values, _bias?.Values ?? new float[Width], _weight.Columns, Width, Name)
            : writer.MemberLinear(values[Input], _weight, _bias!, Name);
        values[Output] = Activation == ActivationKind.None ? z : writer.Activation(z, Activation, Output.Name);
    }
}
