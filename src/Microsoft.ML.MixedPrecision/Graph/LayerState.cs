namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>
/// What a layer learns without gradient, such as running statistics: a vector (1, columns) in Float32. A step stages new values, and they
/// count
/// only if it commits. While a plan trains, the values live in the plan's arenas; <see cref="StoredMatrix.Values"/> holds them before and
/// after.
/// </summary>
internal sealed class LayerState : StoredMatrix
{
    private readonly float _start;

    /// <summary>Creates a state at its start.</summary>
    /// <param name="name">Unique name, for example <c>hidden.0.norm.running_mean</c>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="start">Every element before the first step.</param>
    public LayerState(string name, int columns, float start)
        : base(name, 1, columns)
    {
        _start = start;
        Reset();
    }

    /// <summary>Back to the start.</summary>
    public void Reset() => Array.Fill(Values, _start);
}

/// <summary>A state on the device, both (1, columns), Float32.</summary>
/// <param name="Committed">As of the last committed step; what a step's first micro-batch begins with, and what scoring reads.</param>
/// <param name="Staged">As of the last micro-batch; what the next one of the same step begins with. None where nothing trains.</param>
internal readonly record struct StateTensors(Tensors.Tensor Committed, Tensors.Tensor Staged);
