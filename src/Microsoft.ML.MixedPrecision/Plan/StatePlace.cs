namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Where a plan keeps a matrix of its <see cref="TrainingState"/>, and how the matrix comes to the host and back.</summary>
/// <param name="Name">As in <see cref="TrainingState.Tensors"/>.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="Read">Copies the values, Float32, dense row by row, off the device, once its work is done.</param>
/// <param name="Write">Copies such values to the device.</param>
internal sealed record StatePlace(string Name, int Rows, int Columns, Func<float[]> Read, Action<float[]> Write)
{
    /// <summary>The matrix as it is now.</summary>
    public StateTensor Capture() => new(Name, Rows, Columns, Read());

    /// <summary>Name and shape, for messages: <c>weight/output.bias (1, 10)</c>.</summary>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";
}
