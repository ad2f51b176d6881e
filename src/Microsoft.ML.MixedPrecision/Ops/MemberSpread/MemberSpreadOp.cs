using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y[n·k + i] = x[n] ⊙ rᵢ: x (N, C), r (k, C) in Float32, y (N·k, C): each of k members sees an example through numbers of its own; or as
/// it is, without r. Computed in Float32, rounded once when stored.
/// </summary>
/// <remarks>Backward reads x: dx = Σᵢ dy ⊙ rᵢ in the members' order, dr = Σₙ dy ⊙ x in Float32; see <see cref="MemberSpreadKernel"/>.
/// Source: Y. Gorishniy et al., "TabM", 2024.</remarks>
internal sealed class MemberSpreadOp : UnaryOp
{
    private readonly Parameter? _scale;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="MemberSpreadPlan"/> does.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="input">x.</param>
    /// <param name="output">y.</param>
    /// <param name="scale">r; null for none.</param>
    /// <param name="decision">The formats.</param>
    public MemberSpreadOp(string name, Value input, Value output, Parameter? scale, FormatDecision decision)
        : base(name, input, output)
        => (_scale, _decision) = (scale, decision);

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => _scale is null ? [] : [_scale];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => WriteOf(_scale) == GradientWrite.None ? [] : [Input];

    private int Members => Output.Shape.Rows;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums && _scale is not null
            ? MemberSums.CudaScratchBytes(batch.Examples, (long)Members * Output.Columns)
            : 0;

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "members of examples",
        $"{Input.Columns} → {Members} × {Output.Columns}",
        NumericFormat.Float32,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => MemberSpreadKernel.Forward(context.Device, context[Input], Factors(context), Members, context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        Tensor dy = context.Gradient(Output);
        if (WriteOf(_scale) is not GradientWrite.None and var write)
        {
            MemberSpreadKernel.ScaleGradient(
                context.Device,
                context[Input],
                dy,
                context.Gradient(_scale!),
                accumulate || write == GradientWrite.Add);
        }

        if (Input.NeedsGradient)
        {
            MemberSpreadKernel.InputGradient(context.Device, dy, Factors(context), Members, context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.MemberSpread(values[Input], Input.Columns, Members, _scale, Name);

    private Tensor Factors(OpContext context) => _scale is null ? default : context.Operand(_scale);
}
