namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>The numbers of one step that every parameter's update shares, in device memory: <c>StepScalars</c> of optimizer.cuh, field by
/// field.</summary>
internal struct StepScalars
{
    /// <summary>1: the step commits; 0: the optimizer writes nothing.</summary>
    public int Commits;

    /// <summary>Clip coefficient ÷ loss scale: makes a stored gradient a true one.</summary>
    public float Factor;

    /// <summary>Largest size of a stored gradient's element: limit × loss scale; 0 for none.</summary>
    public float ValueLimit;

    /// <summary>Learning rate.</summary>
    public float LearningRate;

    /// <summary>1 − β₁ᵗ with t the number of the step.</summary>
    public float BiasCorrection1;

    /// <summary>1 − β₂ᵗ.</summary>
    public float BiasCorrection2;

    /// <summary>What every range's weight decay is multiplied by.</summary>
    public float DecayFactor;

    /// <summary>Number of the step, from 1.</summary>
    public long Step;
}
