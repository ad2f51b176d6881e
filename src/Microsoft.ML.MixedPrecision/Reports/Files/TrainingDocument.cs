using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// A <see cref="TrainingResult"/> as it stands in JSON. It is apart from the public type, so that this may grow while texts that were
/// written stay readable. Steps are columns, which take a third of the room of objects and are what tools for tables read.
/// </summary>
internal sealed record TrainingDocument
{
    /// <summary>The version that is written; older ones are read too, newer ones are refused. 2 added what warnings are about, the scale
    /// that a step left, rows and parts of epochs.</summary>
    public const int CurrentVersion = 2;

    /// <summary>Version of the format.</summary>
    public required int Version { get; init; }

    /// <summary>The policy, as <see cref="PrecisionPolicy.Parse"/> reads it.</summary>
    public required string Precision { get; init; }

    /// <summary>Where training ran.</summary>
    public required string Device { get; init; }

    /// <summary>Why it ended.</summary>
    public required string StopReason { get; init; }

    /// <summary>See <see cref="TrainingResult.Attempts"/>.</summary>
    public required long Attempts { get; init; }

    /// <summary>See <see cref="TrainingResult.Steps"/>.</summary>
    public required long Steps { get; init; }

    /// <summary>See <see cref="TrainingResult.Skipped"/>.</summary>
    public required long Skipped { get; init; }

    /// <summary>See <see cref="TrainingResult.Growths"/>.</summary>
    public required long Growths { get; init; }

    /// <summary>See <see cref="TrainingResult.FinalLossScale"/>.</summary>
    public required float FinalLossScale { get; init; }

    /// <summary>See <see cref="TrainingResult.Rows"/>.</summary>
    public required long Rows { get; init; }

    /// <summary>See <see cref="TrainingResult.RowsWithoutLabel"/>.</summary>
    public required long RowsWithoutLabel { get; init; }

    /// <summary>See <see cref="TrainingResult.ValidationRows"/>.</summary>
    public required long ValidationRows { get; init; }

    /// <summary>See <see cref="TrainingResult.RowsPerSecond"/>.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>See <see cref="TrainingResult.BestEpoch"/>.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>See <see cref="TrainingResult.BestWeightsRestored"/>.</summary>
    public required bool BestWeightsRestored { get; init; }

    /// <summary>Where the time went.</summary>
    public required TimingsPart Timings { get; init; }

    /// <summary>Bytes by category.</summary>
    public required MemoryPart Memory { get; init; }

    /// <summary>Versions and options.</summary>
    public required EnvironmentPart Environment { get; init; }

    /// <summary>What deserves attention.</summary>
    public required string[] Warnings { get; init; }

    /// <summary>What the warnings are about, one for each; null in version 1.</summary>
    public WarningPart[]? WarningDetails { get; init; }

    /// <summary>First line of <see cref="TrainingResult.Explain"/>.</summary>
    public required string Plan { get; init; }

    /// <summary>Formats and reasons.</summary>
    public required ExplanationPart[] Explanations { get; init; }

    /// <summary>The products' algorithms on a card.</summary>
    public required string Products { get; init; }

    /// <summary>Value ranges.</summary>
    public required ValueRange[] Ranges { get; init; }

    /// <summary>The epochs.</summary>
    public required EpochPart[] Epochs { get; init; }

    /// <summary>The attempted steps that are kept, of all epochs.</summary>
    public required AttemptColumns AttemptedSteps { get; init; }

    /// <summary>See <see cref="TrainingResult.Bags"/>; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Bags { get; init; }

    /// <summary>See <see cref="TrainingResult.EarlierRuns"/>; these have none themselves. Null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TrainingDocument[]? EarlierRuns { get; init; }
}

/// <summary>Seconds of <see cref="TrainingTimings"/>.</summary>
internal sealed record TimingsPart(double ReadingSeconds, double StagingSeconds, double TrainingSeconds);

/// <summary>Bytes of <see cref="MemoryReport"/>.</summary>
internal sealed record MemoryPart(
    long Masters, long Shadows, long Gradients, long Moments, long Activations, long Workspace, long Scratch, long Data);

/// <summary>See <see cref="RunWarning"/>; its text is in the list of warnings.</summary>
internal sealed record WarningPart(RunWarningKind Kind, int Epoch, long Attempt);

/// <summary>See <see cref="TrainingEnvironment"/>.</summary>
internal sealed record EnvironmentPart(
    string Library, string MLNet, string Runtime, string OperatingSystem, DateTimeOffset Started, string Trainer, OptionPart[] Options);

/// <summary>An option.</summary>
internal sealed record OptionPart(string Name, string Value);

/// <summary>See <see cref="OperationExplanation"/>.</summary>
internal sealed record ExplanationPart(
    string Layer, string Operation, string Shape, NumericFormat Operands, NumericFormat Stored, string Reason);

/// <summary>See <see cref="TrainingMetrics"/>. Version 1 has no rows, which are those of the training, and no parts.</summary>
internal sealed record EpochPart(
    int Epoch,
    int Epochs,
    long Step,
    double Loss,
    double? ValidationLoss,
    double? ValidationAccuracy,
    double RowsPerSecond,
    float LossScale,
    double GradientNorm,
    int AttemptCount,
    int Skipped,
    int Lost,
    float LearningRate,
    long? Rows = null,
    bool IsPartial = false,
    double? ValidationAuc = null,
    double? ValidationRmse = null);

/// <summary>See <see cref="StepMetrics"/>: one list for each property, all of one length.</summary>
/// <param name="Attempt">Numbers, ascending.</param>
/// <param name="Step">Committed steps.</param>
/// <param name="Epoch">Epochs, each one of the document's.</param>
/// <param name="EpochStep">Places in the epoch, from 1.</param>
/// <param name="RetryPass">0, or the pass over skipped steps.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Loss">Losses.</param>
/// <param name="GradientNorm">Norms.</param>
/// <param name="LossScale">Scales.</param>
/// <param name="LearningRate">Rates.</param>
/// <param name="ClipCoefficient">Factors of clipping.</param>
/// <param name="NonFinite">0 for a committed step, else 1 + the place's index in <paramref name="Places"/>.</param>
/// <param name="Places">Names of what was not finite.</param>
/// <param name="NextLossScale">Scales that the steps left; null in version 1.</param>
internal sealed record AttemptColumns(
    long[] Attempt,
    long[] Step,
    int[] Epoch,
    int[] EpochStep,
    int[] RetryPass,
    int[] Rows,
    float[] Loss,
    double[] GradientNorm,
    float[] LossScale,
    float[] LearningRate,
    float[] ClipCoefficient,
    int[] NonFinite,
    string[] Places,
    float?[]? NextLossScale = null);

/// <summary>Reads and writes documents without reflection, as trimmed programs and file-based ones need it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(TrainingDocument))]
internal sealed partial class TrainingDocumentContext : JsonSerializerContext;
