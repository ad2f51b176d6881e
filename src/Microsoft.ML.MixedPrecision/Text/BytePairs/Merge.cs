namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>What two neighbours become.</summary>
/// <param name="Rank">When that was learnt.</param>
/// <param name="Both">The id of both.</param>
internal readonly record struct Merge(int Rank, int Both)
{
    /// <summary>Of neighbours that are no pair.</summary>
    public static Merge No => new(int.MaxValue, -1);
}
