using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>
/// The states that the steps of one phase read and change, as they lie in the device's memory. A phase is an optimizer with its losses and
/// the parameters that it trains.
/// </summary>
internal struct PhaseBlock
{
    /// <summary>The loss scale.</summary>
    public LossScaleState Scale;

    /// <summary>The commit.</summary>
    public CommitState Commit;

    /// <summary>What the optimizer reads; only where the step runs on a graphics card.</summary>
    public StepScalars Scalars;
}
