using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>A column of embeddings, computed in batches.</summary>
internal sealed class TextEmbeddingView : ReadAheadView
{
    private readonly ColumnBindings _bindings;
    private readonly DataViewSchema.Column[] _texts;

    /// <summary>Wraps a view.</summary>
    /// <param name="transformer">Embeds.</param>
    /// <param name="source">What is embedded.</param>
    /// <param name="rows">ML.NET's view of the same source.</param>
    public TextEmbeddingView(TextEmbeddingTransformer transformer, IDataView source, RowToRowMapperTransform rows)
        : base(source, rows)
    {
        Transformer = transformer;
        var mapper = new TextEmbeddingMapper(transformer, source.Schema);
        _bindings = new ColumnBindings(source.Schema, ((IRowMapper)mapper).GetOutputColumns());
        _texts = [source.Schema[transformer.TextColumnName]];
    }

    /// <summary>Embeds.</summary>
    public TextEmbeddingTransformer Transformer { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<DataViewSchema.Column> Inputs => _texts;

    /// <inheritdoc/>
    public override DataViewSchema.Column? SourceOf(int column)
        => _bindings.MapColumnIndex(out bool isSource, column) is var index && isSource ? Source.Schema[index] : null;

    /// <inheritdoc/>
    protected override DataViewRowCursor Open(DataViewRowCursor cursor, DataViewSchema.Column[] columns, int cursors)
    {
        NetworkModel model = Transformer.Network;
        int rows = (int)Math.Clamp(
            GetRowCount() ?? ScoredDataView.BatchRows,
            1,
            ScoredDataView.RowsOfBatch(model.Network.ScoringInputs, model.Network.Outputs));
        return new TextEmbeddingCursor(this, cursor, columns, model.CreateBulkScorer(rows, cursors));
    }
}
