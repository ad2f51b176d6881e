using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Reads rows ahead and scores them in one batch.</summary>
internal sealed class ScoringCursor : ReadAheadCursor
{
    private readonly ScoredDataView _view;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly ScoringSession _session;
    private readonly float[] _scores;
    private readonly int _outputs;
    private VBuffer<float> _features;
    private Tensor _x;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    public ScoringCursor(ScoredDataView view, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns)
        : base(view.Schema, source, columns, index => index < view.Source.Schema.Count ? view.Source.Schema[index] : null, RowsOf(view))
    {
        _view = view;
        _outputs = view.Model.Definition.Outputs;
        _getFeatures = source.GetGetter<VBuffer<float>>(view.Features);
        _session = view.Model.CreateBulkSession(Capacity);
        _scores = new float[Capacity * _outputs];
    }

    private ReadOnlySpan<float> RowScores => _scores.AsSpan(CurrentRow * _outputs, _outputs);

    /// <inheritdoc/>
    protected override Delegate NewColumn(DataViewSchema.Column column) => _view.ScoreColumns.Getter(column.Name, () => RowScores);

    /// <inheritdoc/>
    protected override void ReadInputs(int row)
    {
        if (row == 0)
        {
            _x = _session.Input(Capacity);
        }

        _getFeatures(ref _features);
        _features.CopyTo(ScoringSession.RowOf(_x, row));
    }

    /// <inheritdoc/>
    protected override void Run(int rows) => _session.Run(rows, _scores);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _session.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int RowsOf(ScoredDataView view)
        => (int)Math.Clamp(view.GetRowCount() ?? ScoredDataView.BatchRows, 1, ScoredDataView.RowsOfBatch(view.Model.Definition.Inputs, view.Model.Definition.Outputs));
}
