using Microsoft.ML.MixedPrecision.Graph;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>What advances with every attempt, committed or not, as it lies in the device's memory: one for all phases of a run.</summary>
internal struct RunBlock
{
    /// <summary>Attempted steps.</summary>
    public long Attempts;

    /// <summary>Position in the epoch's order: examples of the epoch that were consumed.</summary>
    public long Cursor;

    /// <summary>Where the step stands, for what operations draw and stage.</summary>
    public StepPosition Position;
}
