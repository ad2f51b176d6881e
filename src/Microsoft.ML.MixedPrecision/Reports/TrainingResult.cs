using Microsoft.ML.MixedPrecision.Plan;

namespace Microsoft.ML.MixedPrecision;

/// <summary>What happened while a model was trained.</summary>
public sealed partial class TrainingResult
{
    internal TrainingResult(PlanExplanation explanation) => Explanation = explanation;

    /// <summary>One entry an epoch, each with its attempted steps: all of them in runs of up to 100,000, see
    /// <see cref="TrainingMetrics.Attempts"/>; of a model that was loaded a part, see
    /// <see cref="MixedPrecisionExtensions.GetTraining(ITransformer)"/>. Of a run that ended within an epoch the last entry is partial
    /// (<see cref="TrainingMetrics.IsPartial"/>).</summary>
    public IReadOnlyList<TrainingMetrics> History { get; internal init; } = [];

    /// <summary>Bytes of the plan by category.</summary>
    public required MemoryReport Memory { get; init; }

    /// <summary>Largest values met in each layer, of the input first, then gradients; empty if <c>RangeProbeInterval</c> is 0. Of a model
    /// of several <see cref="Bags"/> those of all, as its layers are named.</summary>
    public IReadOnlyList<ValueRange> Ranges { get; internal set; } = [];

    /// <summary>Attempted steps.</summary>
    public long Attempts { get; internal init; }

    /// <summary>Committed steps.</summary>
    public long Steps { get; internal init; }

    /// <summary>Attempted steps that changed nothing, since a value was not finite.</summary>
    public long Skipped { get; internal init; }

    /// <summary>Times that the loss scale grew.</summary>
    public long Growths { get; internal init; }

    /// <summary>The loss scale at the end.</summary>
    public float FinalLossScale { get; internal init; }

    /// <summary>Rows that trained.</summary>
    public long Rows { get; internal init; }

    /// <summary>Rows left out, since their label is missing.</summary>
    public long RowsWithoutLabel { get; internal set; }

    /// <summary>Rows that validated after each epoch; 0 for none.</summary>
    public long ValidationRows { get; internal set; }

    /// <summary>Rows trained per second, over all epochs; reading and validation not counted.</summary>
    public double RowsPerSecond { get; internal init; }

    /// <summary>Where the time of <c>Fit</c> went.</summary>
    public TrainingTimings Timings { get; internal set; } = new();

    /// <summary>Where training ran, and how.</summary>
    public string Device { get; internal init; } = "";

    /// <summary>The policy after <see cref="PrecisionPolicy.Auto"/> was resolved for the device.</summary>
    public required PrecisionPolicy Precision { get; init; }

    /// <summary>The best epoch by <see cref="NetworkTrainerOptions.BestEpochMetric"/>, unless told otherwise the one with the
    /// smallest validation loss; null without validation rows.</summary>
    public int? BestEpoch { get; internal init; }

    /// <summary>Whether the model holds the weights of <see cref="BestEpoch"/> rather than the last ones.</summary>
    public bool BestWeightsRestored { get; internal init; }

    /// <summary>Why training ended.</summary>
    public string StopReason { get; internal init; } = "";

    /// <summary>What deserves attention, also written to ML.NET's log: the texts of <see cref="WarningDetails"/>.</summary>
    public IReadOnlyList<string> Warnings => [.. WarningDetails.Select(warning => warning.Message)];

    /// <summary>What deserves attention, with what it is about, and where it arose.</summary>
    public IReadOnlyList<RunWarning> WarningDetails { get; internal set; } = [];

    /// <summary>The attempted steps that were skipped, as far as <see cref="History"/> has them: up to 100,000.</summary>
    public IEnumerable<StepSkipped> SkippedSteps
        => History.SelectMany(epoch => epoch.Attempts).Where(step => step.Skipped).Select(StepSkipped.Of);

    /// <summary>For each operation: its formats and the reason for them, in forward order, the loss last.</summary>
    public IReadOnlyList<OperationExplanation> Explanations => Explanation.Operations;

    /// <summary>Versions, time, and the trainer's options.</summary>
    public TrainingEnvironment Environment { get; internal set; } = new();

    /// <summary>
    /// What the fit did before this run, of which all else here tells: with <see cref="NetworkTrainerOptions.RefitOnAll"/> the run whose
    /// validation chose the number of epochs, with <see cref="NetworkTrainerOptions.Bags"/> those of the networks before the last one.
    /// Empty where the fit was one run.
    /// </summary>
    public IReadOnlyList<TrainingResult> EarlierRuns { get; internal set; } = [];

    /// <summary>Networks whose mean the model is; 1 for a single one.</summary>
    public int Bags { get; internal set; } = 1;

    /// <summary>Figures of rows that the networks had not trained on; null unless the model is the mean of several
    /// (<see cref="Bags"/>).</summary>
    public OutOfFold? OutOfFold
    {
        get
        {
            (TrainingMetrics Kept, long Rows)[] bags = [.. EarlierRuns.Append(this)
                .Where(run => run.KeptEpoch is { ValidationLoss: not null } && run.ValidationRows > 0)
                .Select(run => (run.KeptEpoch!, run.ValidationRows))];
            return Bags > 1 && bags.Length == Bags ? new OutOfFold(bags) : null;
        }
    }

    /// <summary>Whether a model is saved with its history.</summary>
    internal bool IsSavedWithModel { get; set; } = true;

    /// <summary>How the plan computed and why.</summary>
    internal PlanExplanation Explanation { get; }

    /// <summary>For each operation: its formats and the reason for them, as a table.</summary>
    public string Explain() => Explanation.ToString();
}
