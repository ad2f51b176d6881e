using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>The view of ML.NET's scorer, with cursors that score in batches.</summary>
internal sealed class ScoredDataView : ReadAheadView, ITransformCanSaveOnnx, IWritesMissingKeys
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
        : base(source, scorer)
    {
        Model = model;
        Features = features;
        ScoreColumns = scoreColumns;
        _scorer = scorer;
        _columns = new ScorerColumns(scorer);
    }

    /// <summary>The model.</summary>
    public NetworkModel Model { get; }

    /// <summary>The source's column of features.</summary>
    public DataViewSchema.Column Features { get; }

    /// <summary>The columns that are added to those of the source.</summary>
    public ScoreColumns ScoreColumns { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<DataViewSchema.Column> Inputs => [Features];

    /// <inheritdoc/>
    public override DataViewSchema.Column? SourceOf(int column) => _columns.SourceOf(column);

    /// <summary>Most rows read ahead for a network of this size: fewer where rows are very wide.</summary>
    /// <param name="inputs">Features of a row.</param>
    /// <param name="outputs">Scores of a row.</param>
    public static int RowsOfBatch(int inputs, int outputs) => Math.Clamp(MaxBatchValues / Math.Max(inputs, outputs), 1, BatchRows);

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext context) => ((ICanSaveOnnx)_scorer).CanSaveOnnx(context);

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext context) => ScoreColumns.SaveAsOnnx(context, (ISaveAsOnnx)_scorer, Features.Name);

    /// <inheritdoc/>
    protected override DataViewRowCursor Open(DataViewRowCursor cursor, DataViewSchema.Column[] columns, int cursors)
        => ScoringCursor.Open(this, cursor, columns, cursors);

    /// <summary>The columns with the one that scores are handed out beside.</summary>
    protected override IEnumerable<DataViewSchema.Column> WithBeside(DataViewSchema.Column[] columns)
    {
        if (ScoreColumns.Beside is not { } name)
        {
            return columns;
        }

        int beside = Source.Schema[name].Index;
        return columns.Append(Schema.First(column => SourceOf(column.Index)?.Index == beside)).DistinctBy(column => column.Index);
    }
}
