using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Row t of example n of y is the table's row ids[n, t]: ids (N, T) Int32, table (V, D), y (N·T, D), which has the table's bits as the
/// policy stores them. The padding id, where there is one, gives zeros.
/// </summary>
/// <remarks>
/// Backward reads the ids: dtable[v] = Σ dy[i] over the positions i whose id is v, in Float32 and in a fixed order
/// (<see cref="EmbeddingKernel"/>); rows that no id names, and the padding id's, get 0. Ids have no gradient.
/// </remarks>
internal sealed class EmbeddingOp : UnaryOp
{
    private readonly Parameter _table;
    private readonly int? _padding;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="EmbeddingPlan"/> does.</summary>
    public EmbeddingOp(string name, Value ids, Value output, Parameter table, int? padding, FormatDecision decision)
        : base(name, ids, output)
    {
        _table = table;
        _padding = padding;
        _decision = decision;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [_table];

    /// <inheritdoc/>
    public override NumericFormat ParameterFormat => _decision.Format;

    /// <inheritdoc/>
    public override IEnumerable<Value> Saved => WriteOf(_table) == GradientWrite.None ? [] : [Input];

    /// <inheritdoc/>
    public override long CudaScratchBytes(BatchSize batch, CudaScratchUse use)
        => use == CudaScratchUse.Sums ? EmbeddingKernel.CudaScratchBytes(Output.RowsOf(batch), _table.Rows) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => EmbeddingOrder.Bytes(Output.RowsOf(batch), _table.Rows);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        "embedding" + (_padding is { } padding ? $" (padding {padding})" : ""),
        $"{_table.Rows} → {_table.Columns}",
        _decision.Format,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => EmbeddingKernel.Forward(context.Device, Ids(context), context.Operand(_table).As(Output.Format), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
        => EmbeddingKernel.Backward(
            context.Device,
            Ids(context),
            context.Gradient(Output),
            context.Gradient(_table),
            accumulate || WriteOf(_table) == GradientWrite.Add);

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.Embedding(values[Input], _table, _padding, Name);

    private EmbeddingIds Ids(OpContext context) => new(Name, context.Words(Input), Output.Shape.Rows, _padding);
}
