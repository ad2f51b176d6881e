namespace Microsoft.ML.MixedPrecision;

/// <summary>What happened in one attempted step.</summary>
/// <param name="Attempt">Number of the attempt, from 1.</param>
/// <param name="Step">Committed steps after the attempt.</param>
/// <param name="Epoch">Epoch, from 1.</param>
/// <param name="Rows">Rows of the step, over all its micro-batches.</param>
/// <param name="Loss">Weighted mean cross-entropy over the rows, in nats.</param>
/// <param name="GradientNorm">Norm of the true gradient, with the loss scale taken out; not finite for a skipped step.</param>
/// <param name="LossScale">Scale that this step's gradients carried.</param>
/// <param name="LearningRate">Learning rate.</param>
/// <param name="ClipCoefficient">Factor on the gradient from clipping by norm; 1 when nothing was clipped.</param>
/// <param name="NonFinite">Null for a committed step; else where the first infinity or NaN was found: <c>loss</c>, <c>logits</c> or the name of a parameter.</param>
public readonly record struct StepMetrics(
    long Attempt,
    long Step,
    int Epoch,
    int Rows,
    float Loss,
    double GradientNorm,
    float LossScale,
    float LearningRate,
    float ClipCoefficient,
    string? NonFinite)
{
    /// <summary>Whether the step changed nothing because a value was not finite.</summary>
    public bool Skipped => NonFinite is not null;
}
