namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>The epochs of a document with their attempted steps, checked: numbers ascend, each step is of an epoch that is there.</summary>
internal static class TrainingJsonSteps
{
    /// <summary>The history.</summary>
    /// <param name="document">The document.</param>
    /// <exception cref="InvalidDataException">It contradicts itself.</exception>
    public static TrainingMetrics[] History(TrainingDocument document)
    {
        AttemptColumns columns = document.AttemptedSteps;
        RequireLengths(columns);
        var history = new TrainingMetrics[document.Epochs.Length];
        int at = 0, before = 0;
        for (int i = 0; i < history.Length; i++)
        {
            EpochPart epoch = document.Epochs[i] ?? throw TrainingJsonReader.Invalid("One epoch is null.");
            if (epoch.Epoch <= before || epoch.Epochs < 0 || epoch.AttemptCount < 0 || epoch.Skipped < 0 || epoch.Lost < 0
                || epoch.Step < 0 || epoch.Rows < 0)
            {
                throw TrainingJsonReader.Invalid($"Epoch {epoch.Epoch} follows on epoch {before}, or has a negative count.");
            }

            before = epoch.Epoch;
            int from = at;
            while (at < columns.Epoch.Length && columns.Epoch[at] == epoch.Epoch)
            {
                at++;
            }

            history[i] = Metrics(epoch, document.Rows, [.. Enumerable.Range(from, at - from).Select(step => Step(columns, step))]);
        }

        return at == columns.Epoch.Length
            ? history
            : throw TrainingJsonReader.Invalid(
                $"Attempted step {columns.Attempt[at]} is of epoch {columns.Epoch[at]}, which is not there or out of order.");
    }

    private static void RequireLengths(AttemptColumns columns)
    {
        int length = columns.Attempt.Length;
        Array[] others =
        [
            columns.Step, columns.Epoch, columns.EpochStep, columns.RetryPass, columns.Rows, columns.Loss, columns.GradientNorm,
            columns.LossScale, columns.LearningRate,
            columns.ClipCoefficient, columns.NonFinite, .. columns.NextLossScale is { } next ? (Array[])[next] : [],
        ];
        if (others.Any(column => column.Length != length))
        {
            string lengths = string.Join(", ", others.Select(column => column.Length).Distinct());
            throw TrainingJsonReader.Invalid($"The columns of attempted steps have {length} and {lengths} entries, which must be as many.");
        }
    }

    private static StepMetrics Step(AttemptColumns columns, int i)
    {
        int place = columns.NonFinite[i];
        long before = i == 0 ? 0 : columns.Attempt[i - 1];
        if (columns.Attempt[i] <= before || columns.Step[i] < 0 || columns.Rows[i] < 0 || columns.EpochStep[i] < 0
            || columns.RetryPass[i] < 0
            || place < 0 || place > columns.Places.Length)
        {
            throw TrainingJsonReader.Invalid(
                $"Attempted step {columns.Attempt[i]} follows on {before}, has a negative count, or names place {place} of "
                    + $"{columns.Places.Length}.");
        }

        return new StepMetrics
        {
            Attempt = columns.Attempt[i],
            Step = columns.Step[i],
            Epoch = columns.Epoch[i],
            EpochStep = columns.EpochStep[i],
            RetryPass = columns.RetryPass[i],
            Rows = columns.Rows[i],
            Loss = columns.Loss[i],
            GradientNorm = columns.GradientNorm[i],
            LossScale = columns.LossScale[i],
            NextLossScale = columns.NextLossScale?[i],
            LearningRate = columns.LearningRate[i],
            ClipCoefficient = columns.ClipCoefficient[i],
            NonFinite = place == 0 ? null : columns.Places[place - 1] ?? throw TrainingJsonReader.Invalid("One place is null."),
        };
    }

    private static TrainingMetrics Metrics(EpochPart epoch, long rows, StepMetrics[] attempts) => new()
    {
        Epoch = epoch.Epoch,
        Epochs = epoch.Epochs,
        Rows = epoch.Rows ?? rows,
        IsPartial = epoch.IsPartial,
        Step = epoch.Step,
        Loss = epoch.Loss,
        ValidationLoss = epoch.ValidationLoss,
        ValidationAccuracy = epoch.ValidationAccuracy,
        ValidationAuc = epoch.ValidationAuc,
        ValidationRmse = epoch.ValidationRmse,
        RowsPerSecond = epoch.RowsPerSecond,
        LossScale = epoch.LossScale,
        GradientNorm = epoch.GradientNorm,
        AttemptCount = epoch.AttemptCount,
        Skipped = epoch.Skipped,
        Lost = epoch.Lost,
        LearningRate = epoch.LearningRate,
        Attempts = attempts,
    };
}
