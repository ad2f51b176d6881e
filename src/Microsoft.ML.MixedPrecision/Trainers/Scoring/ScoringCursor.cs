using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Reads rows ahead and scores them in batches; where the processor computes, the next batch is read meanwhile.</summary>
internal sealed class ScoringCursor : ReadAheadCursor
{
    private readonly ScoredDataView _view;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly FeatureRow _row;
    private readonly FeatureIntake _intake;
    private readonly BulkScorer _scorer;
    private readonly bool[][] _isInvalid;
    private readonly float[] _invalidScores;
    private VBuffer<float> _features;

    private ScoringCursor(ScoredDataView view, RowColumn features, IReadOnlyList<DataViewSchema.Column> columns, BulkScorer scorer)
        : base(view.Schema, (DataViewRowCursor)features.Row, columns, view.SourceOf, (scorer.Slots, scorer.MaxRows))
    {
        _view = view;
        _getFeatures = features.Row.GetGetter<VBuffer<float>>(features.Column);
        _intake = new FeatureIntake(view.Model, features.Place, features.Column);
        _row = new FeatureRow(view.Model, _intake, features.Place);
        _scorer = scorer;
        _isInvalid = [.. Enumerable.Range(0, scorer.Slots).Select(_ => new bool[scorer.MaxRows])];
        _invalidScores = new float[view.Model.Network.Outputs];
        Array.Fill(_invalidScores, float.NaN);
    }

    private ReadOnlySpan<float> RowScores => _isInvalid[CurrentSlot][CurrentRow] ? _invalidScores : _scorer.Scores(CurrentSlot, CurrentRow);

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="cursors">Cursors of the set that share the processor, this one included.</param>
    public static ScoringCursor Open(
        ScoredDataView view,
        DataViewRowCursor source,
        IReadOnlyList<DataViewSchema.Column> columns,
        int cursors)
    {
        Network network = view.Model.Network;
        int rows = (int)Math.Clamp(
            view.GetRowCount() ?? ScoredDataView.BatchRows,
            1,
            ScoredDataView.RowsOfBatch(network.ScoringInputs, network.Outputs));
        return new ScoringCursor(view, new RowColumn(source, view.Features, cursors), columns, view.Model.CreateBulkScorer(rows, cursors));
    }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (base.MoveNext())
        {
            return true;
        }

        _intake.Warn();
        return false;
    }

    /// <inheritdoc/>
    protected override Delegate NewColumn(DataViewSchema.Column column) => _view.ScoreColumns.Getter(column.Name, () => RowScores, this);

    /// <inheritdoc/>
    protected override void ReadInputs(int slot, int row)
    {
        _getFeatures(ref _features);
        _isInvalid[slot][row] = !_row.Read(_features, _scorer.Features(slot, row));
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
            _intake.Warn();
            _scorer.Dispose();
        }

        base.Dispose(disposing);
    }
}
