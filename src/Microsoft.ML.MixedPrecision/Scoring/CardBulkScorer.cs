namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>Scores one batch at a time on a graphics card, while the caller waits.</summary>
/// <param name="session">Memory on the card; taken over.</param>
/// <param name="inputs">Features that a caller gives.</param>
internal sealed class CardBulkScorer(ScoringSession session, int inputs) : BulkScorer(slots: 1, session.MaxRows)
{
    private readonly int _outputs = session.Outputs;
    private readonly float[] _scores = new float[session.MaxRows * session.Outputs];
    private int _rows;

    /// <inheritdoc/>
    public override Span<float> Features(int slot, int row) => ScoringSession.RowOf(session.Input(MaxRows), row)[..inputs];

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Scores(int slot, int row) => _scores.AsSpan(row * _outputs, _outputs);

    /// <inheritdoc/>
    public override void Begin(int slot, int rows) => _rows = rows;

    /// <inheritdoc/>
    public override void End(int slot) => session.Run(_rows, _scores);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => session.Dispose();
}
