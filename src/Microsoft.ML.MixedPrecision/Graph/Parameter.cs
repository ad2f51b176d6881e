namespace Microsoft.ML.MixedPrecision.Graph;

/// <summary>A trained matrix.</summary>
/// <remarks>A weight is (outputs, inputs), a bias is (1, outputs). While a plan trains, the values live in the plan's arenas;
/// <see cref="StoredMatrix.Values"/> holds them before and after.</remarks>
internal sealed class Parameter : StoredMatrix
{
    /// <summary>Creates a parameter of zeros.</summary>
    /// <param name="name">Unique name, for example <c>hidden.0.weight</c>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="decays">Whether weight decay applies: to weights, not to biases and normalisations.</param>
    public Parameter(string name, int rows, int columns, bool decays)
        : base(name, rows, columns)
    {
        Decays = decays;
    }

    /// <summary>Whether weight decay applies.</summary>
    public bool Decays { get; }
}
