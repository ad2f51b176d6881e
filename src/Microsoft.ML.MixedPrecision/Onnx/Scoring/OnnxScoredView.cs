using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Columns that an ONNX model makes, in batches.</summary>
internal sealed class OnnxScoredView : ReadAheadView
{
    private readonly ColumnBindings _bindings;
    private readonly DataViewSchema.Column[] _inputs;

    /// <summary>Wraps a view.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="source">What is scored.</param>
    /// <param name="rows">ML.NET's view of the same source.</param>
    public OnnxScoredView(OnnxScorer scorer, IDataView source, RowToRowMapperTransform rows)
        : base(source, rows)
    {
        Scorer = scorer;
        _bindings = new ColumnBindings(source.Schema, scorer.Columns.NewColumns());
        _inputs = scorer.Columns.Bind(source.Schema);
    }

    /// <summary>The model.</summary>
    public OnnxScorer Scorer { get; }

    /// <summary>The source's columns that the model reads, in the order of its inputs.</summary>
    public override IReadOnlyList<DataViewSchema.Column> Inputs => _inputs;

    /// <inheritdoc/>
    public override DataViewSchema.Column? SourceOf(int column)
        => _bindings.MapColumnIndex(out bool isSource, column) is var index && isSource ? Source.Schema[index] : null;

    /// <summary>The place among the model's outputs of a column that it makes.</summary>
    public int OutputOf(int column) => _bindings.MapColumnIndex(out _, column);

    /// <inheritdoc/>
    protected override DataViewRowCursor Open(DataViewRowCursor cursor, DataViewSchema.Column[] columns, int cursors)
        => new OnnxScoringCursor(this, cursor, columns, cursors);
}
