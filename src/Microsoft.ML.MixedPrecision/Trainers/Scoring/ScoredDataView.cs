using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// The view of ML.NET's scorer, with cursors that score in batches. Everything else, such as schema, annotations, row mapper and ONNX, is
/// the scorer's.
/// </summary>
internal sealed class ScoredDataView : IDataTransform, IRowToRowMapper, ITransformCanSaveOnnx, IWritesMissingKeys
{
    /// <summary>Most rows read ahead.</summary>
    public const int BatchRows = 1024;

    /// <summary>Features, or scores, of the rows read ahead: 64 MiB.</summary>
    private const int MaxBatchValues = 1 << 24;

    private readonly RowToRowScorerBase _scorer;
    private readonly ScorerColumns _columns;

    /// <summary>Wraps a scorer's view.</summary>
    /// <param name="model">Scores.</param>
    /// <param name="source">What is scored.</param>
    /// <param name="features">The source's column of features.</param>
    /// <param name="scorer">ML.NET's view of the same source.</param>
    /// <param name="scoreColumns">The columns that are added to those of the source.</param>
    public ScoredDataView(
        NetworkModel model,
        IDataView source,
        DataViewSchema.Column features,
        RowToRowScorerBase scorer,
        ScoreColumns scoreColumns)
    {
        Model = model;
        Source = source;
        Features = features;
        ScoreColumns = scoreColumns;
        _scorer = scorer;
        _columns = new ScorerColumns(scorer);
    }

    /// <summary>The model.</summary>
    public NetworkModel Model { get; }

    /// <inheritdoc/>
    public IDataView Source { get; }

    /// <inheritdoc/>
    public DataViewSchema Schema => _scorer.OutputSchema;

    /// <inheritdoc/>
    public bool CanShuffle => Source.CanShuffle;

    /// <summary>The source's column of features.</summary>
    public DataViewSchema.Column Features { get; }

    /// <summary>The columns that are added to those of the source.</summary>
    public ScoreColumns ScoreColumns { get; }

    /// <summary>The source's column that a column of this view is; null for one that is computed.</summary>
    /// <param name="column">The column's place in this view.</param>
    public DataViewSchema.Column? SourceOf(int column) => _columns.SourceOf(column);

    /// <summary>Most rows read ahead for a network of this size: fewer where rows are very wide.</summary>
    /// <param name="inputs">Features of a row.</param>
    /// <param name="outputs">Scores of a row.</param>
    public static int RowsOfBatch(int inputs, int outputs) => Math.Clamp(MaxBatchValues / Math.Max(inputs, outputs), 1, BatchRows);

    DataViewSchema IRowToRowMapper.InputSchema => Source.Schema;

    DataViewSchema IRowToRowMapper.OutputSchema => Schema;

    /// <inheritdoc/>
    public long? GetRowCount() => Source.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. WithBeside([.. columnsNeeded])];
        return NeedsScores(columns)
            ? ScoringCursor.Open(this, Source.GetRowCursor(SourceColumns(columns), rand), columns, cursors: 1)
            : ((IDataView)_scorer).GetRowCursor(columns, rand);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. WithBeside([.. columnsNeeded])];
        if (!NeedsScores(columns))
        {
            return ((IDataView)_scorer).GetRowCursorSet(columns, n, rand);
        }

        DataViewRowCursor[] sources = Source.GetRowCursorSet(SourceColumns(columns), n, rand);
        return Array.ConvertAll(sources, source => (DataViewRowCursor)ScoringCursor.Open(this, source, columns, sources.Length));
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => ((IRowToRowMapper)_scorer).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => ((IRowToRowMapper)_scorer).GetRow(input, activeColumns);

    void ICanSaveModel.Save(ModelSaveContext context) => ((ICanSaveModel)_scorer).Save(context);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => ((ICanSaveOnnx)_scorer).CanSaveOnnx(context);

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext context) => ScoreColumns.SaveAsOnnx(context, (ISaveAsOnnx)_scorer, Features.Name);

    private bool NeedsScores(DataViewSchema.Column[] columns) => Array.Exists(columns, column => SourceOf(column.Index) is null);

    /// <summary>The columns with the one that scores are handed out beside, where any are wanted.</summary>
    private IEnumerable<DataViewSchema.Column> WithBeside(DataViewSchema.Column[] columns)
    {
        if (ScoreColumns.Beside is not { } name || !NeedsScores(columns))
        {
            return columns;
        }

        int beside = Source.Schema[name].Index;
        return columns.Append(Schema.First(column => SourceOf(column.Index)?.Index == beside)).DistinctBy(column => column.Index);
    }

    private IEnumerable<DataViewSchema.Column> SourceColumns(DataViewSchema.Column[] columns)
        => columns.Select(column => SourceOf(column.Index)).OfType<DataViewSchema.Column>().Append(Features)
            .DistinctBy(column => column.Index);
}
