namespace Microsoft.ML.MixedPrecision;

/// <summary>What happened in one attempted step.</summary>
public sealed class StepMetrics
{
    internal StepMetrics()
    {
    }

    /// <summary>Number of the attempt, from 1.</summary>
    public long Attempt { get; internal init; }

    /// <summary>Committed steps after the attempt.</summary>
    public long Step { get; internal init; }

    /// <summary>Epoch, from 1.</summary>
    public int Epoch { get; internal init; }

    /// <summary>Place of the step in its epoch, from 1. A step that runs again has the rows and the place of its first attempt.</summary>
    public int EpochStep { get; internal init; }

    /// <summary>0 for the first attempt at these rows in the epoch; for one that ran again because the step was skipped, the number of the
    /// pass, from 1: see <see cref="NetworkTrainerOptions.RetryPasses"/>.</summary>
    public int RetryPass { get; internal init; }

    /// <summary>Rows of the step, over all its micro-batches.</summary>
    public int Rows { get; internal init; }

    /// <summary>Labelled positions of the step, of which its loss is the mean: the rows, unless rows have several.</summary>
    internal int Positions
    {
        get => field == 0 ? Rows : field;
        init;
    }

    /// <summary>Σ wᵢℓᵢ ÷ rows, where ℓᵢ is the loss that is trained: for classes in nats, for numbers in units of what the network
    /// learns.</summary>
    public float Loss { get; internal init; }

    /// <summary>Norm of the true gradient, with the loss scale taken out; not finite if a gradient was not.</summary>
    public double GradientNorm { get; internal init; }

    /// <summary>Scale that this step's gradients carried.</summary>
    public float LossScale { get; internal init; }

    /// <summary>Scale that the step left, for the next one: half or twice as large where a dynamic rule changed it. After passes over
    /// skipped steps that helped none it may be raised again. Null for a training that was read from a text or model of an earlier
    /// version.</summary>
    public float? NextLossScale { get; internal init; }

    /// <summary>Learning rate.</summary>
    public float LearningRate { get; internal init; }

    /// <summary>Factor on the gradient from clipping by norm; 1 when nothing was clipped.</summary>
    public float ClipCoefficient { get; internal init; }

    /// <summary>Null for a committed step; else where the first infinity or NaN was found: <c>loss</c>, <c>logits</c>, the name of a
    /// parameter, or <c>gradient norm</c> if only that is beyond Float32 or, after clipping, not below 2⁶⁴ (1.8e19), whose square AdamW
    /// could not hold.</summary>
    public string? NonFinite { get; internal init; }

    /// <summary>Whether the step changed nothing because a value was not finite.</summary>
    public bool Skipped => NonFinite is not null;
}
