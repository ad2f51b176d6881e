using System.Collections.Immutable;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>What a <c>TrainingPlan</c> is made from, beside the network and the device.</summary>
/// <param name="Policy">Formats; resolved.</param>
/// <param name="LossScale">The loss scale's rule; resolved.</param>
/// <param name="Optimizer">Optimizer with its constants.</param>
/// <param name="BatchRows">Rows of the largest micro-batch.</param>
/// <param name="ClipNorm">Largest norm of the true gradient, or null.</param>
/// <param name="ClipValue">Largest element of the true gradient, or null.</param>
/// <param name="MeasuresRanges">Whether the plan carries probes.</param>
/// <param name="MostDataBytes">Bytes of rows that may lie in a card's memory; null for most of what is free. More rows are brought over
/// batch by batch.</param>
/// <param name="Branches">Whether a card computes weight gradients beside the rest of the backward pass; null: where products are too small
/// to fill it.</param>
internal sealed record PlanSettings(
    PrecisionPolicy Policy,
    LossScaleRule LossScale,
    OptimizerSettings Optimizer,
    int BatchRows,
    float? ClipNorm = null,
    float? ClipValue = null,
    bool MeasuresRanges = false,
    long? MostDataBytes = null,
    bool? Branches = null)
{
    /// <summary>How the learning rate changes with the committed steps; the default is constant.</summary>
    public RateSchedule Schedule { get; init; }

    /// <summary>How the share of weight decay and dropout changes with the committed steps; the default is constant.</summary>
    public RegularizationCourse Regularization { get; init; }

    /// <summary>What training makes small.</summary>
    public Loss Loss { get; init; } = new CrossEntropyLoss();

    /// <summary>Whether rows have weights, as their store says.</summary>
    public bool HasWeights { get; init; }

    /// <summary>Rows of the micro-batches that are smaller than <see cref="BatchRows"/>: such products are cut otherwise, and may need more
    /// working memory.</summary>
    public IReadOnlyList<int> SmallerBatches { get; init; } = [];

    /// <summary>Bytes of the training rows, which a plan on the CPU reads where they already lie.</summary>
    public long RowBytes { get; init; }

    /// <summary>Steps that the longest micro-batch has, as the store says; 0 where rows have no sequences.</summary>
    public int BatchSteps { get; init; }

    /// <summary>The largest micro-batch.</summary>
    public BatchSize Batch => new(BatchRows, BatchSteps);

    /// <summary>Entries that a sparse row has at most, as the store says; 1 where rows are dense.</summary>
    public int LongestRow { get; init; } = 1;

    /// <summary>Parameters that do not train: they have neither gradient nor moments, and keep their values.</summary>
    public IReadOnlySet<Parameter> Frozen { get; init; } = ImmutableHashSet<Parameter>.Empty;

    /// <summary>Seed of the random numbers that operations draw.</summary>
    public int Seed { get; init; }

    /// <summary>The same for the rows of a store, of which all that a plan must know is in one place.</summary>
    /// <param name="store">The rows.</param>
    public PlanSettings For(RowStore store) => this with
    {
        HasWeights = store.HasWeights,
        RowBytes = store.Bytes,
        LongestRow = store.LongestRow,
        BatchSteps = store.MostSteps(BatchRows),
    };
}
