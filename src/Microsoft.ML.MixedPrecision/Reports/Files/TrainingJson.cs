using System.Text.Json;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>A <see cref="TrainingResult"/> as JSON text: what is written.</summary>
internal static class TrainingJson
{
    /// <summary>The text of a result.</summary>
    public static string Write(TrainingResult result)
        => Write(result, run => (run.History, [.. run.History.SelectMany(epoch => epoch.Attempts)]));

    /// <summary>The text of a result with some of its epochs and steps, and some of those of the earlier runs.</summary>
    /// <param name="result">The result.</param>
    /// <param name="part">Epochs of a run and steps, each of one of the epochs.</param>
    public static string Write(
        TrainingResult result, Func<TrainingResult, (IReadOnlyList<TrainingMetrics> Epochs, StepMetrics[] Steps)> part)
    {
        TrainingDocument[] earlier = [.. result.EarlierRuns.Select(run => Document(run, part(run)))];
        TrainingDocument document = Document(result, part(result)) with { EarlierRuns = earlier.Length > 0 ? earlier : null };
        return JsonSerializer.Serialize(document, TrainingDocumentContext.Default.TrainingDocument);
    }

    private static TrainingDocument Document(
        TrainingResult result, (IReadOnlyList<TrainingMetrics> Epochs, StepMetrics[] Steps) part) => new()
        {
            Version = TrainingDocument.CurrentVersion,
            Precision = result.Precision.ToString(),
            Device = result.Device,
            StopReason = result.StopReason,
            Attempts = result.Attempts,
            Steps = result.Steps,
            Skipped = result.Skipped,
            Growths = result.Growths,
            FinalLossScale = result.FinalLossScale,
            Rows = result.Rows,
            RowsWithoutLabel = result.RowsWithoutLabel,
            ValidationRows = result.ValidationRows,
            RowsPerSecond = result.RowsPerSecond,
            BestEpoch = result.BestEpoch,
            BestWeightsRestored = result.BestWeightsRestored,
            Timings = new(result.Timings.Reading.TotalSeconds, result.Timings.Staging.TotalSeconds, result.Timings.Training.TotalSeconds),
            Memory = Memory(result.Memory),
            Environment = Environment(result.Environment),
            Warnings = [.. result.Warnings],
            WarningDetails = [.. result.WarningDetails.Select(warning => new WarningPart(warning.Kind, warning.Epoch, warning.Attempt))],
            Plan = result.Explanation.Heading,
            Explanations = [.. result.Explanations.Select(
            op => new ExplanationPart(op.Layer, op.Operation, op.Shape, op.Operands, op.Stored, op.Reason))],
            Products = result.Explanation.Products,
            Bags = result.Bags == 1 ? null : result.Bags,
            Ranges = [.. result.Ranges],
            Epochs = [.. part.Epochs.Select(Epoch)],
            AttemptedSteps = Columns(part.Steps),
        };

    private static MemoryPart Memory(MemoryReport memory) => new(
        memory.Masters, memory.Shadows, memory.Gradients, memory.Moments, memory.Activations, memory.Workspace, memory.Scratch,
        memory.Data);

    private static EnvironmentPart Environment(TrainingEnvironment environment) => new(
        environment.Library,
        environment.MLNet,
        environment.Runtime,
        environment.OperatingSystem,
        environment.Started,
        environment.Trainer,
        [.. environment.Options.Select(option => new OptionPart(option.Key, option.Value))]);

    private static EpochPart Epoch(TrainingMetrics epoch) => new(
        epoch.Epoch,
        epoch.Epochs,
        epoch.Step,
        epoch.Loss,
        epoch.ValidationLoss,
        epoch.ValidationAccuracy,
        epoch.RowsPerSecond,
        epoch.LossScale,
        epoch.GradientNorm,
        epoch.AttemptCount,
        epoch.Skipped,
        epoch.Lost,
        epoch.LearningRate,
        epoch.Rows,
        epoch.IsPartial,
        epoch.ValidationAuc,
        epoch.ValidationRmse);

    private static AttemptColumns Columns(StepMetrics[] steps)
    {
        string[] places = [.. steps.Select(step => step.NonFinite).OfType<string>().Distinct(StringComparer.Ordinal)];
        var numbers = places.Index().ToDictionary(place => place.Item, place => place.Index + 1, StringComparer.Ordinal);
        return new AttemptColumns(
            [.. steps.Select(step => step.Attempt)],
            [.. steps.Select(step => step.Step)],
            [.. steps.Select(step => step.Epoch)],
            [.. steps.Select(step => step.EpochStep)],
            [.. steps.Select(step => step.RetryPass)],
            [.. steps.Select(step => step.Rows)],
            [.. steps.Select(step => step.Loss)],
            [.. steps.Select(step => step.GradientNorm)],
            [.. steps.Select(step => step.LossScale)],
            [.. steps.Select(step => step.LearningRate)],
            [.. steps.Select(step => step.ClipCoefficient)],
            [.. steps.Select(step => step.NonFinite is { } place ? numbers[place] : 0)],
            places,
            [.. steps.Select(step => step.NextLossScale)]);
    }
}
