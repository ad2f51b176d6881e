using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Scores one row at a time; serves one cursor, and so one thread.</summary>
internal sealed class RowScorer
{
    private readonly ScoringSession _session;
    private readonly float[] _features;
    private readonly float[] _scores;
    private readonly FeatureIntake _intake;
    private readonly FeatureRow _row;

    /// <summary>Makes room.</summary>
    /// <param name="model">The model.</param>
    public RowScorer(NetworkModel model)
    {
        var place = new RowPlace(model.FeatureColumn);
        _session = model.CreateSession(1); // Nobody disposes of it, its finalizers do.
        _features = new float[model.Network.ScoringInputs];
        _scores = new float[model.Network.Outputs];
        _intake = new FeatureIntake(model, place);
        _row = new FeatureRow(model, _intake, place);
    }

    /// <summary>The scores of a row; valid until the next call.</summary>
    /// <param name="features">Its features.</param>
    /// <exception cref="InvalidOperationException">
    /// There are more features than the network takes, or fewer, or one is not finite and the model is to throw.
    /// </exception>
    public ReadOnlySpan<float> Run(in VBuffer<float> features)
    {
        bool isAccepted = _row.Read(features, _features);
        _intake.Warn();
        if (!isAccepted)
        {
            _scores.AsSpan().Fill(float.NaN);
            return _scores;
        }

        _session.Run(_features, 1, _scores);
        GC.KeepAlive(_session); // Not to be collected, and its memory freed, while it runs.
        return _scores;
    }

    /// <summary>The same into a vector.</summary>
    /// <param name="features">Its features.</param>
    /// <param name="scores">Receives the scores; its memory is reused.</param>
    /// <inheritdoc cref="Run(in VBuffer{float})"/>
    public void Run(in VBuffer<float> features, ref VBuffer<float> scores) => ScoreColumns.Copy(Run(features), ref scores);
}
