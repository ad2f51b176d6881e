namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>A matrix (<see cref="Rows"/>, <see cref="Columns"/>) that belongs to a network and is saved with it: its host copy in Float32
/// and its name.</summary>
internal abstract class StoredMatrix
{
    /// <summary>Creates a matrix of zeros.</summary>
    /// <param name="name">Unique name, for example <c>hidden.0.weight</c>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    protected StoredMatrix(string name, int rows, int columns)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        Values = new float[checked(rows * columns)];
    }

    /// <summary>Unique name.</summary>
    public string Name { get; }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>The values, dense row by row.</summary>
    public float[] Values { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";
}
