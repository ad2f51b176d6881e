using System.Globalization;
using System.Numerics;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Refuses options outside their range: the option's name, the value, what is allowed and what to do.</summary>
internal static class OptionsCheck
{
    private const int MaxWidth = 1 << 20;
    private const int MaxThreads = 1024;

    /// <summary>Checks every option of a trainer.</summary>
    /// <exception cref="ArgumentException">An option is null, empty or contradicts another.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static void ThrowIfInvalid(MlpTrainerOptions options)
    {
        RequireName(options.LabelColumnName, nameof(options.LabelColumnName), DefaultColumnNames.Label);
        RequireName(options.FeatureColumnName, nameof(options.FeatureColumnName), DefaultColumnNames.Features);
        Require(
            options.ExampleWeightColumnName?.Trim().Length != 0,
            nameof(options.ExampleWeightColumnName),
            $"'{options.ExampleWeightColumnName}'",
            "a column's name, or null for no weights");
        CheckNetwork(options);
        CheckPrecision(options);
        CheckOptimizer(options);
        CheckClipping(options);
        CheckSchedule(options);
        CheckCourse(options);
        CheckTask(options);
        CheckCheckpoint(options.Checkpoint);
        RequireValue(options.Observers, nameof(options.Observers), "a list, [] for nobody");
        Require(options.Observers.All(observer => observer is not null), nameof(options.Observers), "a list with null in it",
            "observers, or none");
        Require(options.MemoryLimit is null or >= 0, nameof(options.MemoryLimit), options.MemoryLimit,
            "at least 0 bytes, or null for half of what the process may use");
        Require(options.NumberOfThreads is null or (>= 1 and <= MaxThreads), nameof(options.NumberOfThreads), options.NumberOfThreads,
            $"1 to {MaxThreads}, or null for all cores");
    }

    private static void CheckNetwork(MlpTrainerOptions options)
    {
        RequireValue(options.HiddenLayers, nameof(options.HiddenLayers), $"widths from 1 to {MaxWidth}, for example [256, 128], or [], "
            + $"for a linear model");
        for (int i = 0; i < options.HiddenLayers.Count; i++)
        {
            Require(
                options.HiddenLayers[i] is >= 1 and <= MaxWidth,
                nameof(options.HiddenLayers),
                string.Create(CultureInfo.InvariantCulture, $"{options.HiddenLayers[i]} at position {i}"),
                $"widths from 1 to {MaxWidth}, for example [256, 128]; or none, for a linear model");
        }

        RequireDefined(options.Activation, nameof(options.Activation));
        RequireDefined(options.Normalization, nameof(options.Normalization));
        RequireDefined(options.FeatureScaling, nameof(options.FeatureScaling));
        Require(IsShare(options.Dropout), nameof(options.Dropout), options.Dropout, "at least 0 and below 1, for example 0.2");
    }

    private static void CheckPrecision(MlpTrainerOptions options)
    {
        RequireValue(options.Precision, nameof(options.Precision), "a PrecisionPolicy, by default PrecisionPolicy.Auto");
        RequireValue(options.LossScaling, nameof(options.LossScaling), "a LossScaling, by default LossScaling.Auto");
        RequireValue(options.Device, nameof(options.Device), "a ComputeDevice, by default ComputeDevice.Auto");
        if (!options.Precision.IsAuto)
        {
            options.LossScaling.Resolve(options.Precision);
        }
    }

    private static void CheckOptimizer(MlpTrainerOptions options)
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

    private static void CheckClipping(MlpTrainerOptions options)
    {
        Require(options.ClipNorm is null || IsPositive(options.ClipNorm.Value), nameof(options.ClipNorm), options.ClipNorm,
            "finite and above 0, for example 1, or null for no clipping");
        Require(options.ClipValue is null || IsPositive(options.ClipValue.Value), nameof(options.ClipValue), options.ClipValue,
            "finite and above 0, for example 0.5, or null for no clipping");
        Require(options.ClipNorm is null || options.ClipValue is null, nameof(options.ClipValue), options.ClipValue,
            "null where ClipNorm is set; clip by norm or by value");
    }

    private static void CheckCourse(MlpTrainerOptions options)
    {
        RequireAtLeast(options.BatchSize, 1, nameof(options.BatchSize));
        Require(options.BatchSize > 1 || options.Normalization != NormalizationKind.BatchNorm, nameof(options.BatchSize), options.BatchSize,
            "at least 2 with BatchNorm, since a batch of one row has no deviation; use LayerNorm for such batches");
        RequireAtLeast(options.Epochs, 1, nameof(options.Epochs));
        RequireAtLeast(options.GradientAccumulationSteps, 1, nameof(options.GradientAccumulationSteps));
        long rows = (long)options.BatchSize * options.GradientAccumulationSteps;
        Require(rows <= int.MaxValue, nameof(options.GradientAccumulationSteps), options.GradientAccumulationSteps,
            $"at most {int.MaxValue / options.BatchSize} for batches of {options.BatchSize} rows");
        Require(options.EarlyStoppingPatience is null or >= 0, nameof(options.EarlyStoppingPatience), options.EarlyStoppingPatience,
            "at least 0, or null for 5 where rows validate");
        RequireAtLeast(options.RangeProbeInterval, 0, nameof(options.RangeProbeInterval));
        RequireDefined(options.InvalidFeatures, nameof(options.InvalidFeatures));
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

    private static void CheckCheckpoint(CheckpointOptions? checkpoint)
    {
        if (checkpoint is null)
        {
            return;
        }

        const string Option = nameof(MlpTrainerOptions.Checkpoint) + ".";
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
        Require(intervals <= 1, nameof(MlpTrainerOptions.Checkpoint), checkpoint, "given one interval at most: set EveryEpochs, "
            + "EverySteps or Every, or none for a checkpoint after each epoch");
    }

    private static void CheckSchedule(MlpTrainerOptions options)
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

    private static void CheckTask(MlpTrainerOptions options)
    {
        switch (options)
        {
            case MlpMulticlassTrainer.Options multiclass:
                Require(IsShare(multiclass.LabelSmoothing), nameof(multiclass.LabelSmoothing), multiclass.LabelSmoothing,
                    "at least 0 and below 1, for example 0.1");
                foreach ((string name, float weight) in multiclass.ClassWeights ?? new Dictionary<string, float>())
                {
                    Require(weight >= 0 && float.IsFinite(weight), nameof(multiclass.ClassWeights),
                        $"{weight.ToString(CultureInfo.InvariantCulture)} for '{name}'", "finite and at least 0");
                }

                break;
            case MlpBinaryTrainer.Options binary:
                Require(IsShare(binary.LabelSmoothing), nameof(binary.LabelSmoothing), binary.LabelSmoothing,
                    "at least 0 and below 1, for example 0.1");
                Require(
                    IsPositive(binary.PositiveClassWeight),
                    nameof(binary.PositiveClassWeight),
                    binary.PositiveClassWeight,
                    "finite and above 0, by default 1");
                break;
            case MlpRegressionTrainer.Options regression:
                RequireDefined(regression.Loss, nameof(regression.Loss));
                Require(
                    IsPositive(regression.HuberDelta),
                    nameof(regression.HuberDelta),
                    regression.HuberDelta,
                    "finite and above 0, by default 1");
                break;
            default:
                throw new ArgumentException($"{options.GetType()} are options of no known trainer.", nameof(options));
        }
    }

    private static bool IsPositive(float value) => value > 0 && float.IsFinite(value);

    private static bool IsShare(float value) => value is >= 0 and < 1;

    private static void RequireName(string? name, string option, string usual)
    {
        RequireValue(name, option, $"a column's name, by default '{usual}'");
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ArgumentException($"{option} is '{name}'; it must be a column's name, by default '{usual}'.", option);
        }
    }

    private static void RequireValue(object? value, string option, string allowed)
    {
        if (value is null)
        {
            throw new ArgumentNullException(option, $"{option} is null; it must be {allowed}.");
        }
    }

    private static void RequireAtLeast<T>(T value, T least, string option)
        where T : INumber<T>
        => Require(value >= least, option, value, $"at least {least}");

    // The number, since an undefined value's own text follows the culture.
    private static void RequireDefined<TEnum>(TEnum value, string option)
        where TEnum : struct, Enum
        => Require(
            Enum.IsDefined(value),
            option,
            Convert.ToInt64(value, CultureInfo.InvariantCulture),
            "one of " + string.Join(", ", Enum.GetNames<TEnum>()));

    private static void Require(bool condition, string option, object? value, string allowed)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(option, string.Create(CultureInfo.InvariantCulture,
                $"{option} is {value}; it must be {allowed}."));
        }
    }
}
