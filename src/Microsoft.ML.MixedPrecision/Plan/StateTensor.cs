namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>A matrix of a <see cref="TrainingState"/> on the host: Float32, dense row by row.</summary>
/// <param name="Name">What it is: see <see cref="TrainingState.Tensors"/>.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="Values">(rows, columns).</param>
internal sealed record StateTensor(string Name, int Rows, int Columns, float[] Values)
{
    /// <summary>Name and shape, for messages: <c>weight/output.bias (1, 10)</c>.</summary>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";
}
