using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Reads texts ahead and embeds them in batches.</summary>
internal sealed class TextEmbeddingCursor : ReadAheadCursor
{
    private readonly TextEmbeddingTransformer _transformer;
    private readonly BulkScorer _scorer;
    private readonly ValueGetter<VBuffer<float>> _getTokens;
    private readonly RowPlace _place;
    private VBuffer<float> _tokens;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="scorer">Computes; this cursor owns it.</param>
    public TextEmbeddingCursor(
        TextEmbeddingView view, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns, BulkScorer scorer)
        : base(view.Schema, source, columns, view.SourceOf, (scorer.Slots, scorer.MaxRows))
    {
        _transformer = view.Transformer;
        _scorer = scorer;
        _place = new RowPlace(view.Transformer.TextColumnName, source);
        _getTokens = new TextTokensMapper(view.Transformer.Tokens, view.Source.Schema).Getter(source);
    }

    /// <inheritdoc/>
    protected override Delegate NewColumn(DataViewSchema.Column column) => (ValueGetter<VBuffer<float>>)(
        (ref VBuffer<float> value) => _transformer.Finish(_scorer.Scores(CurrentSlot, CurrentRow), ref value));

    /// <inheritdoc/>
    protected override void ReadInputs(int slot, int row)
    {
        _getTokens(ref _tokens);
        VectorItems.CopyTo(_tokens, _scorer.Features(slot, row), _place);
    }

    /// <inheritdoc/>
    protected override void Begin(int slot, int rows) => _scorer.Begin(slot, rows);

    /// <inheritdoc/>
    protected override void End(int slot) => _scorer.End(slot);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _scorer.Dispose();
            _transformer.WarnOfCut();
        }

        base.Dispose(disposing);
    }
}
