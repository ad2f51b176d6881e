using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// Where a step stands, in the memory of the engine that runs it: random numbers and staged state are functions of it. It goes back with a
/// step that is not finite, so that the step after a skipped one draws what the skipped one drew.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct StepPosition
{
    /// <summary>Steps committed before this one.</summary>
    public long Step;

    /// <summary>Examples of earlier micro-batches of this step; 0 in its first one.</summary>
    public long Row;
}
