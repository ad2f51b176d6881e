using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = x + table[t], t the step of the row in its example: x and y (R, C), table (P, C) in Float32 with a row for each step. See
/// <see cref="PositionsKernel"/>.</summary>
internal sealed class PositionsOp : Op, IStepwiseOp
{
    private readonly Parameter _table;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="PositionsPlan"/> does.</summary>
    public PositionsOp(string name, ReadOnlySpan<Value> inputs, Value output, Parameter table, FormatDecision decision)
        : base(name, inputs, [output])
    {
        _table = table;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_table];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => Inputs.Skip(1);

    /// <inheritdoc/>
    public int NumbersOfStep => 0;

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "positions",
        $"{_table.Rows} × {_table.Columns}",
        NumericFormat.Float32,
        Outputs[0].Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => PositionsKernel.Forward(context.Device, context[Inputs[0]], context.Operand(_table), context[Outputs[0]], Places(context));

    /// <inheritdoc/>
    /// <remarks>The table begins at the step's row.</remarks>
    public unsafe void ForwardStep(OpContext context, Span<float> kept, int step)
    {
        Tensor table = context.Operand(_table);
        PositionsKernel.Forward(
            context.Device,
            context[Inputs[0]],
            table with { Address = (nint)table.Row(step), Rows = 1 },
            context[Outputs[0]],
            new ExamplePlaces(0, 1, 1));
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_table);
        if (write != GradientWrite.None)
        {
            PositionsKernel.Backward(
                context.Device,
                context.Gradient(Outputs[0]),
                context.Gradient(_table),
                Places(context),
                accumulate || write == GradientWrite.Add);
        }

        if (Inputs[0].NeedsGradient)
        {
            CastKernel.Run(context.Device, context.Gradient(Outputs[0]), context.Gradient(Inputs[0]));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Outputs[0]] = writer.Positions(values[Inputs[0]], _table, Outputs[0].Shape.Rows, Name);

    private ExamplePlaces Places(OpContext context) => context.PlacesOf(Inputs, Outputs[0]);
}
