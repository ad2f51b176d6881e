using System.Collections;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Fit;

/// <summary>A row as ML.NET reads it.</summary>
internal sealed class TableRow
{
    /// <summary>Features.</summary>
    [VectorType(Teacher.Features)]
    public float[] Features { get; } = new float[Teacher.Features];

    /// <summary>Class, from 0, which ML.NET reads as the keys from 1.</summary>
    [KeyType(Teacher.Classes)]
    public uint Label { get; set; }
}

/// <summary>Rows of a teacher's table. One object serves for all of them: whoever reads keeps values, not rows.</summary>
/// <param name="teacher">Makes them up.</param>
/// <param name="start">Number of the first.</param>
/// <param name="count">How many.</param>
internal sealed class TableRows(Teacher teacher, long start, int count) : IEnumerable<TableRow>
{
    /// <inheritdoc/>
    public IEnumerator<TableRow> GetEnumerator()
    {
        var row = new TableRow();
        for (int i = 0; i < count; i++)
        {
            row.Label = (uint)teacher.Read(start + i, row.Features);
            yield return row;
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
