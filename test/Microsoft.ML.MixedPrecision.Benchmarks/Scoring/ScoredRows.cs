using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Fit;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Scoring;

/// <summary>Rows to score: as a view that ML.NET keeps in memory, and as one array.</summary>
internal sealed class ScoredRows
{
    /// <summary>Makes the rows and reads them once.</summary>
    /// <param name="ml">Context.</param>
    /// <param name="count">How many.</param>
    public ScoredRows(MLContext ml, int count)
    {
        Count = count;
        View = ml.Data.Cache(
            ml.Data.LoadFromEnumerable(new TableRows(new Teacher(1), 0, count)),
            nameof(TableRow.Features),
            nameof(TableRow.Label));
        Features = new float[(long)count * Teacher.Features];
        Read(View, nameof(TableRow.Features), Features);
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>The rows with features and label.</summary>
    public IDataView View { get; }

    /// <summary>Their features, (rows, <see cref="Teacher.Features"/>).</summary>
    public float[] Features { get; }

    /// <summary>Reads a column of vectors.</summary>
    /// <param name="view">Whose.</param>
    /// <param name="name">Its name.</param>
    /// <param name="values">Receives the rows, one after the other.</param>
    public static void Read(IDataView view, string name, Span<float> values)
    {
        DataViewSchema.Column column = view.Schema[name];
        using DataViewRowCursor cursor = view.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> row = default;
        while (cursor.MoveNext())
        {
            getter(ref row);
            row.CopyTo(values);
            values = values[row.Length..];
        }
    }
}
