using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Scores one row at a time; serves one cursor, and so one thread.</summary>
/// <param name="model">The model.</param>
internal sealed class RowScorer(NetworkModel model)
{
    private readonly ScoringSession _session = model.CreateSession(1); // Nobody disposes of it, its finalizers do.
    private readonly float[] _features = new float[model.Network.Inputs];
    private readonly float[] _scores = new float[model.Network.Outputs];
    private readonly FeatureIntake _intake = new(model, new RowPlace(model.FeatureColumn));

    /// <summary>The scores of a row; valid until the next call.</summary>
    /// <param name="features">Its features.</param>
    /// <exception cref="InvalidOperationException">
    /// There are more features than the network takes, or fewer, or one is not finite and the model is to throw.
    /// </exception>
    public ReadOnlySpan<float> Run(in VBuffer<float> features)
    {
        VectorItems.CopyTo(features, _features, new RowPlace(model.FeatureColumn));
        bool isAccepted = _intake.Accepts(_features);
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
