namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Which columns of a row are numbers of categories rather than numbers, one behind the other.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Levels">Levels of each category, K: its numbers are 0 for missing and 1 to K.</param>
internal sealed record CategoryColumns(int First, IReadOnlyList<int> Levels)
{
    /// <summary>Columns of a row once each category is an embedding.</summary>
    /// <param name="columns">Columns of the row.</param>
    /// <param name="embedding">Columns of an embedding.</param>
    /// <exception cref="OverflowException">More than an array holds.</exception>
    public int Width(int columns, int embedding) => checked(columns + (Levels.Count * (embedding - 1)));
}
