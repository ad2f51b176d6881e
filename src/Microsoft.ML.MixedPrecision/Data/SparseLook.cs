using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>What the first rows of a column tell of all.</summary>
/// <param name="IsSparse">Whether one of them came sparse.</param>
/// <param name="Share">Share of their slots that is not 0, as they came.</param>
internal readonly record struct SparseLook(bool IsSparse, double Share)
{
    private const int Rows = 100;

    /// <summary>Looks at them.</summary>
    /// <param name="data">The data.</param>
    /// <param name="column">A vector of Single.</param>
    public static SparseLook At(IDataView data, DataViewSchema.Column column)
    {
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> vector = default;
        (long values, long slots, bool isSparse) = (0, 0, false);
        for (int row = 0; row < Rows && cursor.MoveNext(); row++)
        {
            getter(ref vector);
            values += vector.GetValues().Length;
            slots += vector.Length;
            isSparse |= !vector.IsDense;
        }

        return new SparseLook(isSparse, slots == 0 ? 0 : (double)values / slots);
    }
}
