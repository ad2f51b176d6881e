using Microsoft.ML.Data;
using static Microsoft.ML.MixedPrecision.Trainers.OptionRules;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Refuses options outside their range: those of all families here, the others by <see cref="NetworkFamily.Check"/> and
/// <see cref="NetworkTask.Check"/>.</summary>
internal static class OptionsCheck
{
    private const int MaxThreads = 1024;
    private const int MostBags = 100;

    /// <summary>Checks the options that a trainer has whatever its task.</summary>
    /// <exception cref="ArgumentException">An option is null, empty or contradicts another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static void ThrowIfInvalid(NetworkTrainerOptions options)
    {
        RequireName(options.LabelColumnName, nameof(options.LabelColumnName), DefaultColumnNames.Label);
        Require(
            options.ExampleWeightColumnName?.Trim().Length != 0,
            nameof(options.ExampleWeightColumnName),
            $"'{options.ExampleWeightColumnName}'",
            "a column's name, or null for no weights");
        options.CreateFamily().Check();
        CheckPrecision(options);
        CheckOptimizer(options);
        CheckClipping(options);
        CheckSchedule(options);
        CheckCourse(options);
        CheckCheckpoint(options.Checkpoint);
        Require(!options.RefitOnAll || options.Checkpoint is null, nameof(options.RefitOnAll), options.RefitOnAll,
            "false where Checkpoint is set, since the checkpoints of a fit are those of one run; leave one of them out");
        CheckBags(options);
        RequireValue(options.Observers, nameof(options.Observers), "a list, [] for nobody");
        Require(options.Observers.All(observer => observer is not null), nameof(options.Observers), "a list with null in it",
            "observers, or none");
        Require(options.MemoryLimit is null or >= 0, nameof(options.MemoryLimit), options.MemoryLimit,
            "at least 0 bytes, or null for half of what the process may use");
        Require(options.NumberOfThreads is null or (>= 1 and <= MaxThreads), nameof(options.NumberOfThreads), options.NumberOfThreads,
            $"1 to {MaxThreads}, or null for all cores");
    }

    private static void CheckPrecision(NetworkTrainerOptions options)
    {
        RequireValue(options.Precision, nameof(options.Precision), "a PrecisionPolicy, by default PrecisionPolicy.Auto");
        RequireValue(options.LossScaling, nameof(options.LossScaling), "a LossScaling, by default LossScaling.Auto");
        RequireValue(options.Device, nameof(options.Device), "a ComputeDevice, by default ComputeDevice.Auto");
        if (!options.Precision.IsAuto)
        {
            options.LossScaling.Resolve(options.Precision);
        }
    }

    private static void CheckOptimizer(NetworkTrainerOptions options)
    {
        RequireDefined(options.Optimizer, nameof(options.Optimizer));
        Require(
            IsPositive(options.LearningRate),
            nameof(options.LearningRate),
            options.LearningRate,
            "finite and above 0, for example 1e-3");
        Require(options.WeightDecay >= 0 && float.IsFinite(options.WeightDecay), nameof(options.WeightDecay), options.WeightDecay,
            "finite and at least 0, for example 1e-2");
        Require(IsShare(options.Momentum), nameof(options.Momentum), options.Momentum, "at least 0 and below 1, for example 0.9");
        Require(IsShare(options.Beta1), nameof(options.Beta1), options.Beta1, "at least 0 and below 1, by default 0.9");
        Require(IsShare(options.Beta2), nameof(options.Beta2), options.Beta2, "at least 0 and below 1, by default 0.999");
        Require(IsPositive(options.Epsilon), nameof(options.Epsilon), options.Epsilon, "finite and above 0, by default 1e-8");
    }

    private static void CheckClipping(NetworkTrainerOptions options)
    {
        Require(options.ClipNorm is null || IsPositive(options.ClipNorm.Value), nameof(options.ClipNorm), options.ClipNorm,
            "finite and above 0, for example 1, or null for no clipping");
        Require(options.ClipValue is null || IsPositive(options.ClipValue.Value), nameof(options.ClipValue), options.ClipValue,
            "finite and above 0, for example 0.5, or null for no clipping");
        Require(options.ClipNorm is null || options.ClipValue is null, nameof(options.ClipValue), options.ClipValue,
            "null where ClipNorm is set; clip by norm or by value");
    }

    private static void CheckCourse(NetworkTrainerOptions options)
    {
        Require(options.BatchSize is null or >= 1, nameof(options.BatchSize), options.BatchSize,
            "at least 1, or null for a number by the rows that train");
        Require(options.Epochs is null or >= 1, nameof(options.Epochs), options.Epochs,
            "at least 1, or null for 256 at most where rows validate, else 30");
        RequireAtLeast(options.GradientAccumulationSteps, 1, nameof(options.GradientAccumulationSteps));
        int batch = options.BatchSize ?? options.Usual.BatchFor(long.MaxValue);
        Require((long)batch * options.GradientAccumulationSteps <= int.MaxValue, nameof(options.GradientAccumulationSteps),
            options.GradientAccumulationSteps, $"at most {int.MaxValue / batch} for batches of {batch} rows");
        Require(options.EarlyStoppingPatience is null or >= 0, nameof(options.EarlyStoppingPatience), options.EarlyStoppingPatience,
            "at least 0, or null for 16 where rows validate");
        RequireDefined(options.RegularizationSchedule, nameof(options.RegularizationSchedule));
        RequireDefined(options.BestEpochMetric, nameof(options.BestEpochMetric));
        RequireAtLeast(options.RangeProbeInterval, 0, nameof(options.RangeProbeInterval));
        RequireAtLeast(options.RetryPasses, 0, nameof(options.RetryPasses));
        Require(
            options.ValidationFraction is null || IsShare(options.ValidationFraction.Value),
            nameof(options.ValidationFraction),
            options.ValidationFraction,
            "at least 0 and below 1, for example 0.1, or null for a tenth of 200 rows or more");
        Require(
            options.ValidationFraction is null or 0 || options.ValidationSet is null,
            nameof(options.ValidationFraction),
            options.ValidationFraction,
            "0 or null where ValidationSet is set; give validation rows or a share of the training rows");
    }

    private static void CheckBags(NetworkTrainerOptions options)
    {
        Require(options.Bags is >= 1 and <= MostBags, nameof(options.Bags), options.Bags, $"from 1, for a single network, to {MostBags}");
        string? beside = options.Bags == 1 ? null
            : options.ValidationSet is not null ? "ValidationSet is set, since each network validates on rows of its own"
            : options.ValidationFraction is not null ? "ValidationFraction is set, since one row of as many as there are bags validates"
            : options.RefitOnAll ? "RefitOnAll is true, since all rows train some of the networks"
            : options.Checkpoint is not null ? "Checkpoint is set, since the checkpoints of a fit are those of one run"
            : null;
        Require(beside is null, nameof(options.Bags), options.Bags, $"1 where {beside}; leave one of them out");
    }

    private static void CheckCheckpoint(CheckpointOptions? checkpoint)
    {
        if (checkpoint is null)
        {
            return;
        }

        const string Option = nameof(NetworkTrainerOptions.Checkpoint) + ".";
        Require(!string.IsNullOrWhiteSpace(checkpoint.Folder), Option + nameof(checkpoint.Folder), $"'{checkpoint.Folder}'",
            "a folder's path, for example 'checkpoints'");
        Require(
            checkpoint.EveryEpochs is null or >= 1,
            Option + nameof(checkpoint.EveryEpochs),
            checkpoint.EveryEpochs,
            "at least 1, or null");
        Require(
            checkpoint.EverySteps is null or >= 1,
            Option + nameof(checkpoint.EverySteps),
            checkpoint.EverySteps,
            "at least 1, or null");
        Require(
            checkpoint.Every is null || checkpoint.Every > TimeSpan.Zero,
            Option + nameof(checkpoint.Every),
            checkpoint.Every,
            "above 0, for example 00:10:00, or null");
        RequireAtLeast(checkpoint.Keep, 1, Option + nameof(checkpoint.Keep));
        int intervals = (checkpoint.EveryEpochs is null ? 0 : 1)
            + (checkpoint.EverySteps is null ? 0 : 1)
            + (checkpoint.Every is null ? 0 : 1);
        Require(intervals <= 1, nameof(NetworkTrainerOptions.Checkpoint), checkpoint, "given one interval at most: set EveryEpochs, "
            + "EverySteps or Every, or none for a checkpoint after each epoch");
    }

    private static void CheckSchedule(NetworkTrainerOptions options)
    {
        RequireDefined(options.Schedule, nameof(options.Schedule));
        Require(IsShare(options.WarmupFraction), nameof(options.WarmupFraction), options.WarmupFraction,
            "at least 0 and below 1, for example 0.05");
        Require(
            options.FinalLearningRateFraction is >= 0 and <= 1,
            nameof(options.FinalLearningRateFraction),
            options.FinalLearningRateFraction,
            "from 0 to 1, for example 0.1");
    }
}
