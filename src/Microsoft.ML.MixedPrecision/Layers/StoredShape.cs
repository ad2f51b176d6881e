namespace Microsoft.ML.MixedPrecision.Layers;

/// <summary>A matrix that a layer will hold and files keep, known before it is made.</summary>
/// <param name="Name">Its name in files, that of the layer in front: <c>hidden.0.weight</c>.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
internal readonly record struct StoredShape(string Name, int Rows, int Columns)
{
    /// <summary>Whether it is a <see cref="Graph.LayerState"/>, learned without gradient, rather than a
    /// <see cref="Graph.Parameter"/>.</summary>
    public bool IsState { get; init; }

    /// <summary>Its numbers.</summary>
    public long Elements => (long)Rows * Columns;
}
