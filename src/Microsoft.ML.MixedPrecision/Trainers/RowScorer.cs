using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Scores one row at a time; serves one cursor, and so one thread.</summary>
/// <param name="session">Memory for one row; nobody disposes of it, its finalizers do.</param>
/// <param name="inputs">Features.</param>
/// <param name="outputs">Scores.</param>
internal sealed class RowScorer(ScoringSession session, int inputs, int outputs)
{
    private readonly float[] _features = new float[inputs];
    private readonly float[] _scores = new float[outputs];

    /// <summary>The scores of a row; valid until the next call.</summary>
    /// <param name="features">Its features.</param>
    public ReadOnlySpan<float> Run(in VBuffer<float> features)
    {
        features.CopyTo(_features);
        session.Run(_features, 1, _scores);
        GC.KeepAlive(session); // Not to be collected, and its memory freed, while it runs.
        return _scores;
    }

    /// <summary>The same into a vector.</summary>
    /// <param name="features">Its features.</param>
    /// <param name="scores">Receives the scores; its memory is reused.</param>
    public void Run(in VBuffer<float> features, ref VBuffer<float> scores) => ScoreColumns.Copy(Run(features), ref scores);
}
