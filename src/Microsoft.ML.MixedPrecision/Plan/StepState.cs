using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>What the finite check, the norm and the optimizer of one phase share. Lives beside the arenas; an engine updates it without the
/// host.</summary>
internal struct CommitState
{
    /// <summary>Committed steps.</summary>
    public long Step;

    /// <summary>Steps that committed nothing.</summary>
    public long Skips;

    /// <summary>Σ wᵢℓᵢ ÷ labelled positions of the step, summed over its losses and micro-batches.</summary>
    public double Loss;

    /// <summary>Rows of the step.</summary>
    public int Rows;

    /// <summary>Where the first value that is not finite was met: one of the <see cref="NonFinite"/> numbers or a parameter's
    /// slot.</summary>
    public int FirstNonFinite;

    /// <summary>Norm of the true gradient, unscaled.</summary>
    public double Norm;

    /// <summary>min(1, limit ÷ (norm + 1e-6)), 1 without clipping by norm.</summary>
    public float Coefficient;

    /// <summary>Labelled positions of the step, over all its micro-batches, which its losses are divided by: rows, where rows have
    /// labels.</summary>
    public int Positions;

    /// <summary>16-bit weights that a non-zero update left unchanged, over all steps; only without masters.</summary>
    public long LostUpdates;

    /// <summary>16-bit weights that an update went over, one of 0 included, over all steps; only without masters.</summary>
    public long Updates;
}

/// <summary>Numbers of <see cref="CommitState.FirstNonFinite"/> that are not a parameter's slot.</summary>
internal static class NonFinite
{
    /// <summary>All values are finite.</summary>
    public const int None = LossPlaces.AllFinite;

    /// <summary>The loss is not finite.</summary>
    public const int Loss = LossPlaces.LossNotFinite;

    /// <summary>A logit is not finite.</summary>
    public const int Logits = LossPlaces.LogitNotFinite;

    /// <summary>All values are finite, but the norm of the true gradient or the factor that unscales it exceeds Float32, or the optimizer's
    /// <see cref="Optimizers.OptimizerSettings.LargestNorm"/>.</summary>
    public const int Norm = -4;

    /// <summary><see cref="Loss"/> in <see cref="StepMetrics.NonFinite"/>.</summary>
    public const string LossName = "loss";

    /// <summary><see cref="Logits"/> in <see cref="StepMetrics.NonFinite"/>.</summary>
    public const string LogitsName = "logits";

    /// <summary><see cref="Norm"/> in <see cref="StepMetrics.NonFinite"/>.</summary>
    public const string NormName = "gradient norm";

    /// <summary>The text of a number, as in <see cref="StepMetrics.NonFinite"/>; null for <see cref="None"/>.</summary>
    /// <param name="first">The number.</param>
    /// <param name="parameter">Name of the parameter in a slot.</param>
    public static string? NameOf(int first, Func<int, string> parameter) => first switch
    {
        None => null,
        Loss => LossName,
        Logits => LogitsName,
        Norm => NormName,
        _ => parameter(first),
    };
}

/// <summary>What happened in one attempt.</summary>
internal struct StepRecord
{
    /// <summary>Number of the attempt, from 1.</summary>
    public long Attempt;

    /// <summary>Committed steps after it.</summary>
    public long Step;

    /// <summary>Loss.</summary>
    public double Loss;

    /// <summary>Norm of the true gradient.</summary>
    public double Norm;

    /// <summary>Scale that the gradients carried.</summary>
    public float Scale;

    /// <summary>Learning rate.</summary>
    public float LearningRate;

    /// <summary>Clip coefficient.</summary>
    public float Coefficient;

    /// <summary>Examples.</summary>
    public int Rows;

    /// <summary>See <see cref="CommitState.FirstNonFinite"/>; the step was skipped unless <see cref="NonFinite.None"/>.</summary>
    public int FirstNonFinite;

    /// <summary>Labelled positions.</summary>
    public int Positions;
}
