namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>A trained matrix (<see cref="Rows"/>, <see cref="Columns"/>): its host copy in Float32 and its name.</summary>
/// <remarks>A weight is (outputs, inputs), a bias is (1, outputs). While a plan trains, the values live in the plan's arenas;
/// <see cref="Values"/> holds them before and after.</remarks>
internal sealed class Parameter
{
    /// <summary>Creates a parameter of zeros.</summary>
    /// <param name="name">Unique name, for example <c>hidden.0.weight</c>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="decays">Whether weight decay applies: to weights, not to biases and normalisations.</param>
    public Parameter(string name, int rows, int columns, bool decays)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        Decays = decays;
        Values = new float[checked(rows * columns)];
    }

    /// <summary>Unique name.</summary>
    public string Name { get; }

    /// <summary>Rows.</summary>
    public int Rows { get; }

    /// <summary>Columns.</summary>
    public int Columns { get; }

    /// <summary>Whether weight decay applies.</summary>
    public bool Decays { get; }

    /// <summary>The values, dense row by row.</summary>
    public float[] Values { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Rows}, {Columns})";
}
