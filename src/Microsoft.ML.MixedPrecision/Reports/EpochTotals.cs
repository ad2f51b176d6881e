namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>What all attempted steps of an epoch come to, whether or not they are kept one by one.</summary>
internal sealed class EpochTotals
{
    private readonly Dictionary<int, StepMetrics> _skipped = [];
    private double _loss;
    private double _lossPositions;

    /// <summary>Attempted steps.</summary>
    public int Attempts { get; private set; }

    /// <summary>Those that were skipped, steps that were run again each time.</summary>
    public int Skipped { get; private set; }

    /// <summary>Norm of the last committed step; NaN while there is none.</summary>
    public double GradientNorm { get; private set; } = double.NaN;

    /// <summary>Learning rate of the last attempt.</summary>
    public float LearningRate { get; private set; }

    /// <summary>Steps that no attempt has committed.</summary>
    public int Lost => _skipped.Count;

    /// <summary>Mean over the labelled positions of the steps with a finite loss, each step's loss that of its last attempt; NaN without
    /// any.</summary>
    public double Loss
    {
        get
        {
            (double loss, double positions) = (_loss, _lossPositions);
            foreach (StepMetrics step in _skipped.Values)
            {
                Add(step, ref loss, ref positions);
            }

            return loss / positions;
        }
    }

    /// <summary>The totals so far.</summary>
    public EpochTotalsState Capture() => new([.. _skipped.Values], _loss, _lossPositions, Attempts, Skipped, GradientNorm, LearningRate);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">The totals so far.</param>
    public void Resume(EpochTotalsState state)
    {
        _skipped.Clear();
        foreach (StepMetrics step in state.Open)
        {
            _skipped.Add(step.EpochStep, step);
        }

        (_loss, _lossPositions) = (state.Loss, state.LossPositions);
        (Attempts, Skipped, GradientNorm, LearningRate) = (state.Attempts, state.Skipped, state.GradientNorm, state.LearningRate);
    }

    /// <summary>Counts an attempt.</summary>
    /// <param name="attempt">It.</param>
    public void Add(StepMetrics attempt)
    {
        Attempts++;
        LearningRate = attempt.LearningRate;
        if (attempt.Skipped)
        {
            // What counts is the last attempt at these rows, which may be still to come.
            Skipped++;
            _skipped[attempt.EpochStep] = attempt;
            return;
        }

        GradientNorm = attempt.GradientNorm;
        _skipped.Remove(attempt.EpochStep);
        Add(attempt, ref _loss, ref _lossPositions);
    }

    private static void Add(StepMetrics attempt, ref double loss, ref double positions)
    {
        if (float.IsFinite(attempt.Loss))
        {
            loss += (double)attempt.Loss * attempt.Positions;
            positions += attempt.Positions;
        }
    }
}
