using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y[n·k + i] = x[n·k + i]·Wᵢᵀ + bᵢ: x (N·k, D), W (k·C, D), b (k, C), y (N·k, C): the products of k members, each with weights of its own,
/// such as their last layers. Operands of one format, Float32 sums; y is rounded once, when stored.
/// </summary>
/// <remarks>Backward reads x: dWᵢ = Σₙ dyᵀ·x and dbᵢ = Σₙ dy, both Float32; dx = dy·Wᵢ. See <see cref="MemberLinearKernel"/>.</remarks>
internal sealed class MemberLinearOp : UnaryOp
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="MemberLinearPlan"/> does.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="input">x.</param>
    /// <param name="output">y.</param>
    /// <param name="weight">W.</param>
    /// <param name="bias">b.</param>
    /// <param name="decision">The formats.</param>
    public MemberLinearOp(string name, Value input, Value output, Parameter weight, Parameter bias, FormatDecision decision)
        : base(name, input, output)
        => (_weight, _bias, _decision) = (weight, bias, decision);

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_bias, _weight];

    /// <inheritdoc/>
    public override bool WritesGradientsTogether => true;

    /// <inheritdoc/>
    public override NumericFormat ParameterFormat => _decision.Format;

    /// <inheritdoc/>
    public override bool StoresAnyFormat => true;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => WriteOf(_weight) == GradientWrite.None ? [] : [Input];

    private int Members => _bias.Rows;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? MemberLinearKernel.CudaScratchBytes(batch.Examples, Members, Output.Columns, Input.Columns) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => MemberLinearKernel.CpuScratchBytes(device, batch.Examples, Output.Columns, Input.Columns);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "linear of members + bias",
        $"{Members} × ({Input.Columns} → {Output.Columns})",
        _decision.Format,
        Output.Format,
        Output.Format == _decision.Format.Storage() ? _decision.Reason : _decision.Reason + $"; the loss reads {Output.Format}");

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => MemberLinearKernel.Forward(
            context.Device,
            context[Input].As(_decision.Format),
            context.Operand(_weight),
            context.Operand(_bias),
            context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        Tensor dy = context.Gradient(Output).As(_decision.Format);
        if (WriteOf(_weight) is not GradientWrite.None and var write)
        {
            MemberLinearKernel.ParameterGradients(
                context.Device,
                dy,
                context[Input].As(_decision.Format),
                context.Gradient(_weight),
                context.Gradient(_bias),
                accumulate || write == GradientWrite.Add);
        }

        if (Input.NeedsGradient)
        {
            MemberLinearKernel.InputGradient(context.Device, dy, context.Operand(_weight), Members, context.Gradient(Input));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.MemberLinear(values[Input], _weight, _bias, Name);
}
