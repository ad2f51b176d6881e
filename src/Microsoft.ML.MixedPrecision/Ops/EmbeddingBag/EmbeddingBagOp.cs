using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y = x·W of sparse rows x: row n of y is Σⱼ vⱼ·W[sⱼ] over the entries (sⱼ, vⱼ) of example n. Entries (N, T), W (V, D), y (N, D), stored
/// as the policy stores products.
/// </summary>
/// <remarks>Backward reads the entries: dW[s] = Σ v·dy[n] over the entries of slot s, in Float32 and in a fixed order
/// (<see cref="EmbeddingBagKernel"/>); rows of slots that the batch does not have get 0. Entries have no gradient.</remarks>
internal sealed class EmbeddingBagOp : UnaryOp
{
    private readonly Parameter _table;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="EmbeddingBagPlan"/> does.</summary>
    public EmbeddingBagOp(string name, Value entries, Value output, Parameter table, FormatDecision decision)
        : base(name, entries, output)
    {
        _table = table;
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
        => use == CudaScratchUse.Sums ? EmbeddingKernel.CudaScratchBytes(checked(Input.RowsOf(batch) * Input.Columns), _table.Rows) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => EmbeddingOrder.Bytes(checked(Input.RowsOf(batch) * Input.Columns), _table.Rows);

    /// <inheritdoc/>
    public override OpExplanation Explain()
        => new(Name, "embedding bag", $"{_table.Rows} → {_table.Columns}", _decision.Format, Output.Format, _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => EmbeddingBagKernel.Forward(context.Device, Entries(context), context.Operand(_table).As(Output.Format), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
        => EmbeddingBagKernel.Backward(
            context.Device,
            Entries(context),
            context.Gradient(Output),
            context.Gradient(_table),
            accumulate || WriteOf(_table) == GradientWrite.Add);

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.EmbeddingBag(values[Input], _table, Name);

    private EmbeddingIds Entries(OpContext context) => new(Name, context.Words(Input), Input.Columns, null);
}
