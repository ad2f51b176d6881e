namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>What all attempted steps of an epoch come to, whether or not they are kept one by one.</summary>
internal sealed class EpochTotals
{
    private double _loss;
    private double _lossRows;

    /// <summary>Attempted steps.</summary>
    public int Attempts { get; private set; }

    /// <summary>Those that were skipped.</summary>
    public int Skipped { get; private set; }

    /// <summary>Norm of the last committed step; NaN while there is none.</summary>
    public double GradientNorm { get; private set; } = double.NaN;

    /// <summary>Learning rate of the last attempt.</summary>
    public float LearningRate { get; private set; }

    /// <summary>Mean over the rows of the steps with a finite loss; NaN without any.</summary>
    public double Loss => _loss / _lossRows;

    /// <summary>Counts an attempt.</summary>
    /// <param name="attempt">It.</param>
    public void Add(StepMetrics attempt)
    {
        Attempts++;
        LearningRate = attempt.LearningRate;
        if (float.IsFinite(attempt.Loss))
        {
            _loss += (double)attempt.Loss * attempt.Rows;
            _lossRows += attempt.Rows;
        }

        if (attempt.Skipped)
        {
            Skipped++;
        }
        else
        {
            GradientNorm = attempt.GradientNorm;
        }
    }
}
