namespace Microsoft.ML.MixedPrecision;

/// <summary>Progress after an epoch: an entry of <see cref="TrainingResult.History"/> and the argument of a trainer's metrics
/// callback.</summary>
public sealed partial class TrainingMetrics
{
    internal TrainingMetrics()
    {
    }

    /// <summary>The epoch that ended, from 1.</summary>
    public int Epoch { get; internal init; }

    /// <summary>Epochs asked for.</summary>
    public int Epochs { get; internal init; }

    /// <summary>Whether the run ended within this epoch: stopped (<see cref="NetworkTrainerOptions.StopToken"/>), cancelled or failed. All
    /// other properties tell of the steps that there were.</summary>
    public bool IsPartial { get; internal init; }

    /// <summary>Rows that trained in this epoch, each once; of a partial one those that were reached.</summary>
    public long Rows { get; internal init; }

    /// <summary>Committed steps so far.</summary>
    public long Step { get; internal init; }

    /// <summary>Σ wᵢℓᵢ ÷ rows over the epoch's rows in training (not ÷ Σ wᵢ), each row's loss from the weights of its step; each row counts
    /// once, where its step ran again with its loss in the last attempt; skipped steps count where their loss is finite; in nats for
    /// classes, for numbers in units of what the network learns.</summary>
    public double Loss { get; internal init; }

    /// <summary>Mean loss of the validation rows, each times its weight and its class's, without label smoothing, in the unit of
    /// <see cref="Loss"/>; null without validation rows.</summary>
    public double? ValidationLoss { get; internal init; }

    /// <summary>Share of validation rows whose class is predicted; null without validation rows, and for numbers.</summary>
    public double? ValidationAccuracy { get; internal init; }

    /// <summary>Area under the ROC curve of the validation rows, without weights: the share of pairs of a positive and a negative row that
    /// the scores put in order, ties half; of several classes the mean over one class against the others. Measured where
    /// <see cref="BestEpochMetric.Auc"/> chooses the best epoch, else null.</summary>
    public double? ValidationAuc { get; internal init; }

    /// <summary>Root of the mean squared error of the validation rows, without weights, in units of what the network learns (standardized
    /// labels). Measured where <see cref="BestEpochMetric.Rmse"/> chooses the best epoch, else null.</summary>
    public double? ValidationRmse { get; internal init; }

    /// <summary>Training rows per second in this epoch, validation not counted; rows that ran again are counted once, their time is not
    /// left out.</summary>
    public double RowsPerSecond { get; internal init; }

    /// <summary>Loss scale after the epoch.</summary>
    public float LossScale { get; internal init; }

    /// <summary>Norm of the true gradient in the last committed step of the epoch; NaN if all were skipped.</summary>
    public double GradientNorm { get; internal init; }

    /// <summary>Attempted steps of this epoch, those that ran again each time, whether or not <see cref="Attempts"/> still has
    /// them.</summary>
    public int AttemptCount { get; internal init; }

    /// <summary>Attempts of this epoch that were skipped.</summary>
    public int Skipped { get; internal init; }

    /// <summary>Steps of this epoch that were skipped in every attempt, so that nothing was learned of their rows in it.</summary>
    public int Lost { get; internal init; }

    /// <summary>Learning rate of the last step.</summary>
    public float LearningRate { get; internal init; }

    /// <summary>
    /// The attempted steps of the epoch, in order: every one while the whole run has had no more than 100,000. Of longer runs every second
    /// attempt is kept, later every
    /// fourth, and so on, so that they are never more than 100,000: lists of epochs that have ended are replaced by thinner ones while the
    /// run goes on. Beside these are
    /// always kept the epoch's last attempt and, as long as the run has had no more than 100,000 of them, the skipped ones and those whose
    /// loss scale differs from the
    /// one before. All other properties tell of all attempts.
    /// </summary>
    public IReadOnlyList<StepMetrics> Attempts { get; internal set; } = [];

    /// <summary>Whether <see cref="RequestStop"/> was called.</summary>
    internal bool StopRequested { get; private set; }

    /// <summary>Ends training after this epoch; the best weights so far are kept (the last ones without validation rows).</summary>
    public void RequestStop() => StopRequested = true;
}
