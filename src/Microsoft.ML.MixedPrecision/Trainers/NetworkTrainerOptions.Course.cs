using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <content>The course of training: epochs, batches, and how gradients change weights.</content>
public abstract partial class NetworkTrainerOptions
{
    private float? _learningRate;
    private LearningRateSchedule? _schedule;
    private float? _warmupFraction;
    private float? _weightDecay;
    private float? _beta2;
    private RegularizationSchedule? _regularizationSchedule;

    /// <summary>
    /// Rows of a batch, at least 1; null for a number that grows with the rows that train, so that a step has work enough and an epoch
    /// steps enough. The log says which.
    /// </summary>
    /// <remarks>
    /// <list type="table">
    /// <listheader><term>rows that train</term><description>rows of a batch by default</description></listheader>
    /// <item><term>up to 10,000</term><description>64</description></item>
    /// <item><term>up to 30,000</term><description>128</description></item>
    /// <item><term>up to 100,000</term><description>256</description></item>
    /// <item><term>more</term><description>512</description></item>
    /// </list>
    /// </remarks>
    [Range(16, 4096, init: 64, logBase: true)]
    public int? BatchSize { get; set; }

    /// <summary>
    /// Times that every row is seen at most, at least 1; null for 256 where rows validate and tell when to stop
    /// (<see cref="EarlyStoppingPatience"/>), else 30, since nothing keeps longer ones from learning the rows by heart. The log says which.
    /// </summary>
    [Range(1, 512, init: 256, logBase: true)]
    public int? Epochs { get; set; }

    /// <summary>
    /// Epochs without a better one (<see cref="BestEpochMetric"/>) after which training stops; the weights of the best are restored. 0 for
    /// never: all epochs run, and the last
    /// weights stay. Null for 16 where rows validate (<see cref="ValidationFraction"/>, <see cref="ValidationSet"/>, <c>Fit(train,
    /// validation)</c>), else never.
    /// </summary>
    public int? EarlyStoppingPatience { get; set; }

    /// <summary>Learning rate; above 0.</summary>
    [Range(1e-5, 1e-1, init: 1e-3, logBase: true)]
    public float LearningRate
    {
        get => _learningRate ?? Usual.LearningRate;
        set => _learningRate = value;
    }

    /// <summary>How the learning rate changes from step to step; steps that are skipped do not count.</summary>
    [Choice(
        LearningRateSchedule.Constant,
        LearningRateSchedule.Linear,
        LearningRateSchedule.Cosine,
        LearningRateSchedule.OneCycle,
        LearningRateSchedule.CosLog,
        LearningRateSchedule.FlatCos)]
    public LearningRateSchedule Schedule
    {
        get => _schedule ?? Usual.Schedule;
        set => _schedule = value;
    }

    /// <summary>Share of all steps in which the rate rises to <see cref="LearningRate"/>, from 0 to below 1; rounded to whole steps, halves
    /// to the even number: 0.7 of 5 steps are 4. With <see cref="LearningRateSchedule.OneCycle"/> it is not rounded, and 0 stands for its
    /// usual 0.3.</summary>
    [Range(0.0, 0.5)]
    public float WarmupFraction
    {
        get => _warmupFraction ?? Usual.WarmupFraction;
        set => _warmupFraction = value;
    }

    /// <summary>Rate at the end of <see cref="LearningRateSchedule.Linear"/>, <see cref="LearningRateSchedule.Cosine"/> and
    /// <see cref="LearningRateSchedule.FlatCos"/>, as a share of <see cref="LearningRate"/>; from 0 to 1. The other schedules do not use
    /// it.</summary>
    [Range(0.0, 0.5)]
    public float FinalLearningRateFraction { get; set; }

    /// <summary>Decay of weights, not of biases and normalizations: decoupled in AdamW, added to the gradient in SGD. At least 0.</summary>
    [Range(1e-6, 1e-1, init: 1e-2, logBase: true)]
    public float WeightDecay
    {
        get => _weightDecay ?? Usual.WeightDecay;
        set => _weightDecay = value;
    }

    /// <summary>How weight decay and dropout change from step to step; steps that are skipped do not count.</summary>
    [Choice(RegularizationSchedule.Constant, RegularizationSchedule.FlatCos)]
    public RegularizationSchedule RegularizationSchedule
    {
        get => _regularizationSchedule ?? Usual.Regularization;
        set => _regularizationSchedule = value;
    }

    /// <summary>Momentum of <see cref="OptimizerKind.Sgd"/>, from 0 to below 1; AdamW does not use it.</summary>
    [Range(0.0, 0.99)]
    public float Momentum { get; set; }

    /// <summary>Whether the momentum of <see cref="OptimizerKind.Sgd"/> looks ahead as Nesterov's; without momentum it changes nothing, and
    /// AdamW does not use it.</summary>
    [BooleanChoice(defaultValue: false)]
    public bool Nesterov { get; set; }

    /// <summary>AdamW's β₁, from 0 to below 1.</summary>
    [Range(0.8, 0.99, init: 0.9)]
    public float Beta1 { get; set; } = 0.9f;

    /// <summary>AdamW's β₂, from 0 to below 1.</summary>
    [Range(0.9, 0.9999, init: 0.999)]
    public float Beta2
    {
        get => _beta2 ?? Usual.Beta2;
        set => _beta2 = value;
    }

    /// <summary>AdamW's ε; above 0.</summary>
    public float Epsilon { get; set; } = 1e-8f;

    /// <summary>Batches whose gradients are added up for one step; at least 1.</summary>
    [Range(1, 16, init: 1, logBase: true)]
    public int GradientAccumulationSteps { get; set; } = 1;

    /// <summary>What options are that nobody has set.</summary>
    internal virtual UsualOptions Usual => UsualOptions.Plain;
}
