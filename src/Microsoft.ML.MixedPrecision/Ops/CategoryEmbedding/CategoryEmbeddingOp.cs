using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// y[n] = [the numbers of x[n] in their order, then for each category a row of the table]: x (N, n + m) Float32, m of its columns, one
/// behind the other, being categories (<see cref="CategoryPlaces"/>); table (V, D), V = Σ(Kⱼ + 2); y (N, n + m·D). Numbers are rounded to
/// the format of y, rows of the table have its bits.
/// </summary>
/// <remarks>Backward gives the table its gradient, in Float32 and in a fixed order (<see cref="CategoryEmbeddingKernel"/>). x has none: it
/// is what a network reads, and <see cref="CategoryEmbeddingPlan"/> refuses anything else.</remarks>
internal sealed class CategoryEmbeddingOp : UnaryOp
{
    private readonly Parameter _table;
    private readonly CategoryPlaces _places;
    private readonly FormatDecision _decision;

    /// <summary>Creates the operation; <see cref="CategoryEmbeddingPlan"/> does.</summary>
    public CategoryEmbeddingOp(string name, Value x, Value output, Parameter table, CategoryPlaces places, FormatDecision decision)
        : base(name, x, output)
    {
        _table = table;
        _places = places;
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
        => use == CudaScratchUse.Sums ? CategoryEmbeddingKernel.CudaScratchBytes(batch.Examples, _places) : 0;

    /// <inheritdoc/>
    public override long CpuScratchBytes(CpuDevice device, BatchSize batch)
        => CategoryEmbeddingKernel.CpuScratchBytes(batch.Examples, _places);

    /// <inheritdoc/>
    public override OpExplanation Explain() => new(
        Name,
        $"embedding of {_places.Count} categories",
        $"{Input.Columns} → {Output.Columns}",
        _decision.Format,
        Output.Format,
        _decision.Reason);

    /// <inheritdoc/>
    public override void Forward(OpContext context)
        => CategoryEmbeddingKernel.Forward(
            context.Device, context[Input], _places, context.Operand(_table).As(Output.Format), context[Output]);

    /// <inheritdoc/>
    public override void Backward(OpContext context, bool accumulate)
        => CategoryEmbeddingKernel.Backward(
            context.Device,
            context[Input],
            _places,
            context.Gradient(Output),
            context.Gradient(_table),
            accumulate || WriteOf(_table) == GradientWrite.Add);

    /// <inheritdoc/>
    public override void WriteOnnx(OnnxNetworkWriter writer, IDictionary<Value, OnnxValue> values)
        => values[Output] = writer.CategoryEmbedding(values[Input], Input.Columns, _places, _table, Name);
}
