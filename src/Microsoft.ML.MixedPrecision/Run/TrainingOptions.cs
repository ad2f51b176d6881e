using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>How to train, already validated; what the ML.NET side hands to the engine.</summary>
internal sealed record TrainingOptions
{
    /// <summary>Passes that <see cref="RetryPasses"/> allows unasked.</summary>
    public const int DefaultRetryPasses = 16;

    /// <summary>Formats; resolved for the device.</summary>
    public required PrecisionPolicy Precision { get; init; }

    /// <summary>Loss scaling.</summary>
    public LossScaling LossScaling { get; init; } = LossScaling.Auto;

    /// <summary>What training makes small.</summary>
    public Loss Loss { get; init; } = new CrossEntropyLoss();

    /// <summary>Optimizer.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>Rows of a micro-batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Times that every row is seen; the schedule is laid out over them.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>The epoch that a run ends with before <see cref="Epochs"/> are done; null for none.</summary>
    public int? StopAfter { get; init; }

    /// <summary>The last epoch, unless early stopping or somebody ends the run before.</summary>
    public int LastEpoch => StopAfter ?? Epochs;

    /// <summary>Learning rate.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>How the learning rate changes.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>Share of all steps that is warm-up.</summary>
    public float WarmupFraction { get; init; }

    /// <summary>Share of the learning rate at the end of a schedule that falls.</summary>
    public float FinalLearningRateFraction { get; init; }

    /// <summary>How weight decay and dropout change.</summary>
    public RegularizationSchedule Regularization { get; init; }

    /// <summary>Weight decay.</summary>
    public float WeightDecay { get; init; } = 1e-2f;

    /// <summary>AdamW's β₁.</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>AdamW's β₂.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary>AdamW's ε.</summary>
    public float Epsilon { get; init; } = 1e-8f;

    /// <summary>SGD's momentum.</summary>
    public float Momentum { get; init; }

    /// <summary>SGD's look-ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Micro-batches whose gradients make one step.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Largest norm of the true gradient; null for no clipping by norm.</summary>
    public float? ClipNorm { get; init; }

    /// <summary>Largest size of an element of the true gradient; null for no clipping by value.</summary>
    public float? ClipValue { get; init; }

    /// <summary>Seed of weights and order.</summary>
    public int Seed { get; init; }

    /// <summary>What the best epoch has best.</summary>
    public BestEpochMetric BestEpochMetric { get; init; }

    /// <summary>Epochs without a better one after which training stops; 0 for never.</summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>Passes at the end of an epoch over the steps that were skipped in it, at most; see
    /// <see cref="NetworkTrainerOptions.RetryPasses"/>.</summary>
    public int RetryPasses { get; init; } = DefaultRetryPasses;

    /// <summary>Steps from one measurement of value ranges to the next, beside those that end an epoch; 0 for none.</summary>
    public int RangeProbeInterval { get; init; }

    /// <summary>What keeps its values.</summary>
    public FrozenParameters Frozen { get; init; } = FrozenParameters.None;

    /// <summary>Rows of a full step: all its micro-batches.</summary>
    public int StepRows => checked(BatchSize * GradientAccumulationSteps);

    /// <summary>The optimizer with its constants.</summary>
    public OptimizerSettings OptimizerSettings => new(Optimizer, WeightDecay, Beta1, Beta2, Epsilon, Momentum, Nesterov);
}
