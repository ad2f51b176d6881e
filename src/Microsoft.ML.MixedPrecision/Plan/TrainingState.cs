namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>All that a plan holds between two steps, on the host, whatever its device, formats and padding.</summary>
internal sealed record TrainingState
{
    /// <summary>
    /// <c>weight/</c>parameter: the Float32 master, or where there is none the 16-bit weight, which widens exactly; <c>first/</c> and <c>second/</c>parameter: the optimizer's
    /// moments, where it keeps them; <c>state/</c>layer state, as of the last committed step.
    /// </summary>
    public required IReadOnlyList<StateTensor> Tensors { get; init; }
}
