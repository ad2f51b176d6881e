using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = act(x ⊙ sᵢ + bᵢ) ⊙ rᵢ: x and y (N·k, C), s, b and r (k, C) in Float32, row n·k + i member i of example n. What stands behind the
/// product of all members with their shared weights, and r before the next one; b, act and r may be none. Arithmetic is Float32, y is
/// rounded once, when stored.
/// </summary>
/// <remarks>Backward reads x alone and computes the rest again, in one pass over x and dy; see <see cref="MemberScaleKernel"/>. Source:
/// Y. Gorishniy et al., "TabM", 2024; Y. Wen et al., "BatchEnsemble", 2020.</remarks>
internal sealed class MemberScaleOp : UnaryOp
{
    private readonly Parameter _scale;
    private readonly Parameter? _bias;
    private readonly FormatDecision _decision;
    private ActivationOp? _activation;
    private MemberScaleOp? _next;

    /// <summary>Creates the operation; <see cref="MemberScalePlan"/> does.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="input">x.</param>
    /// <param name="output">y.</param>
    /// <param name="scale">s.</param>
    /// <param name="bias">b; null for none.</param>
    /// <param name="decision">The formats.</param>
    public MemberScaleOp(string name, Value input, Value output, Parameter scale, Parameter? bias, FormatDecision decision)
        : base(name, input, output)
        => (_scale, _bias, _decision) = (scale, bias, decision);

    /// <summary>act.</summary>
    public ActivationKind Activation => _activation?.Kind ?? ActivationKind.None;

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters
        => [.. ((Parameter?[])[_next?._scale, _bias, _scale]).OfType<Parameter>()];

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => [Input];

    private int Members => _scale.Rows;

    /// <inheritdoc/>
    /// <remarks>The activation, where there is none; then what scales alone.</remarks>
    public override bool TryFuse(UnaryOp next)
    {
        switch (next)
        {
            case ActivationOp activation when _activation is null && _next is null:
                _activation = activation;
                break;
            case MemberScaleOp { _bias: null, _next: null, _activation: null } scale
                when _next is null && scale._scale != _scale && scale._scale != _bias:
                _next = scale;
                break;
            default:
                return false;
        }

        Write([next.Output]);
        return true;
    }

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? MemberScaleKernel.CudaScratchBytes(batch.Examples, Members, Output.Columns) : 0;

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "scale of members" + (_bias is null ? "" : " + bias") + (Activation == ActivationKind.None ? "" : $" + {Activation}")
            + (_next is null ? "" : " + scale"),
        $"{Members} × {Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => MemberScaleKernel.Forward(context.Device, Arguments(context) with { Y = context[Output] });

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_scale);
        MemberScaleKernel.Backward(context.Device, Arguments(context) with
        {
            Dy = context.Gradient(Output),
            Dx = Input.NeedsGradient ? context.Gradient(Input) : default,
            DScale = Gradient(_scale),
            DBias = Gradient(_bias),
            DNext = Gradient(_next?._scale),
            Accumulate = accumulate || write == GradientWrite.Add,
        });

        Tensor Gradient(Parameter? of) => of is null || write == GradientWrite.None ? default : context.Gradient(of);
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
    {
        OnnxValue y = writer.MemberScale(values[Input], _scale, _bias, Name);
        y = _activation is null ? y : writer.Activation(y, Activation, _activation.Name);
        values[Output] = _next is null ? y : writer.MemberScale(y, _next._scale, null, _next.Name);
    }

    private MemberScaleArguments Arguments(OpContext context) => new()
    {
        X = context[Input],
        Scale = context.Operand(_scale),
        Bias = _bias is null ? default : context.Operand(_bias),
        Next = _next is null ? default : context.Operand(_next._scale),
        Activation = Activation,
    };
}
