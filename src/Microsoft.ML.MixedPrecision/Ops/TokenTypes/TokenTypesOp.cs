using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>y = x + table[k], k the type of the row's token: x and y (R, C), ids (R, 1) Int32, table (2, C) in Float32. See
/// <see cref="TokenTypesKernel"/>.</summary>
/// <remarks>Forward keeps the rows' types, (R, 1) Int32; backward reads them, and neither x nor ids.</remarks>
internal sealed class TokenTypesOp : Op
{
    private readonly Value _types;
    private readonly Parameter _table;
    private readonly int _separator;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="TokenTypesPlan"/> does.</summary>
    /// <param name="name">Name of the layer.</param>
    /// <param name="inputs">x, the examples' ends, ids.</param>
    /// <param name="output">y.</param>
    /// <param name="types">The rows' types.</param>
    /// <param name="parameter">The table, and the id behind which tokens are of type 1.</param>
    /// <param name="decision">Format of y.</param>
    public TokenTypesOp(
        string name,
        ReadOnlySpan<Value> inputs,
        Value output,
        Value types,
        (Parameter Table, int Separator) parameter,
        FormatDecision decision)
        : base(name, inputs, [output])
    {
        _types = types;
        (_table, _separator) = parameter;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_table];

    /// <inheritdoc/>
    public override IEnumerable<Value> Extras => [_types];

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => WriteOf(_table) == GradientWrite.None ? [] : Extras;

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? TokenTypesKernel.CudaScratchBytes(Outputs[0].RowsOf(batch), Outputs[0].Columns) : 0;

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"token types behind {_separator}",
        $"{_table.Rows} × {_table.Columns}",
        NumericFormat.Float32,
        Outputs[0].Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
    {
        Words types = context.Words(_types);
        TokenTypesKernel.Find(context.Device, context.Words(Inputs[2]), _separator, types, context.PlacesOf(Inputs, Outputs[0]));
        TokenTypesKernel.Forward(context.Device, context[Inputs[0]], types, context.Operand(_table), context[Outputs[0]]);
    }

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
    {
        GradientWrite write = WriteOf(_table);
        if (write != GradientWrite.None)
        {
            TokenTypesKernel.Backward(
                context.Device,
                context.Gradient(Outputs[0]),
                context.Words(_types),
                context.Gradient(_table),
                accumulate || write == GradientWrite.Add);
        }

        if (Inputs[0].NeedsGradient)
        {
            CastKernel.Run(context.Device, context.Gradient(Outputs[0]), context.Gradient(Inputs[0]));
        }
    }

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Outputs[0]] = writer.TokenTypes(values[Inputs[0]], values[Inputs[2]], _table, _separator, Name);
}
