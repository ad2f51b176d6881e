using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Which levels of categories the rows have that train: only their embeddings start with numbers, so that one of a level that is
/// met later adds nothing instead of noise.</summary>
internal static class UsedLevels
{
    /// <summary>Makes the embeddings of all other levels 0.</summary>
    /// <param name="network">A network with its starting weights.</param>
    /// <param name="train">Rows of the training set, as they were read.</param>
    /// <param name="rows">Numbers of those that train; those of weight 0 do not count.</param>
    public static void Keep(Network network, RowStore train, ReadOnlySpan<int> rows)
    {
        if (network.Categories is not { } layer)
        {
            return;
        }

        CategoryPlaces places = layer.Places;
        bool[] isUsed = new bool[places.Rows];
        foreach (int row in CountedRows.Of(train, rows))
        {
            ReadOnlySpan<float> values = train.Features32(row)[places.First..];
            for (int category = 0; category < places.Count; category++)
            {
                isUsed[places.RowOf(category, values[category])] = true;
            }
        }

        layer.ClearUnused(isUsed);
    }
}
