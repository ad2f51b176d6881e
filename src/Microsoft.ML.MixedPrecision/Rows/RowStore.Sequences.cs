using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Sequences of ids, each as long as it is.</content>
internal sealed unsafe partial class RowStore
{
    private readonly int _sequence = -1;
    private readonly int _lengths = -1;

    /// <summary>Whether rows have a sequence whose length differs from row to row.</summary>
    public bool HasSequences => _sequence >= 0;

    private int MostTokens => Schema.Columns[_sequence].Shape.Rows;

    /// <summary>Steps of a row's sequence.</summary>
    /// <param name="row">Its number.</param>
    /// <exception cref="ArgumentOutOfRangeException">No row has the number.</exception>
    public int LengthOf(int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return *(int*)At(_lengths, row);
    }

    /// <summary>Ids of a row's sequence.</summary>
    /// <param name="row">Its number.</param>
    public ReadOnlySpan<int> SequenceOf(int row) => new(At(_sequence, row), LengthOf(row));

    /// <summary>Steps that so many rows have at most: those of the longest; 0 where rows have no sequences.</summary>
    /// <param name="rows">How many rows.</param>
    public int MostSteps(int rows)
    {
        if (!HasSequences)
        {
            return 0;
        }

        int[] counts = new int[MostTokens + 1];
        for (int row = 0; row < Rows; row++)
        {
            counts[LengthOf(row)]++;
        }

        long steps = 0;
        for (int length = counts.Length - 1; length > 0 && rows > 0; length--)
        {
            int taken = Math.Min(counts[length], rows);
            steps += (long)taken * length;
            rows -= taken;
        }

        return checked((int)Math.Max(1, steps));
    }

    /// <summary>Writes the row's ids and its length. Tokens are given as their ids and 1 more; 0 stands for none, and for what is behind
    /// them.</summary>
    private void WriteSequence(int row, in RowFeatures features)
    {
        SchemaColumn column = Schema.Columns[_sequence];
        var ids = new Span<int>(At(_sequence, row), column.Shape.Rows);
        ids.Clear();
        int length = 0;
        for (int i = 0; i < features.Values.Length; i++)
        {
            float value = features.Values[i];
            int at = features.IsSparse ? features.Slots[i] : i;
            if (value == 0)
            {
                continue;
            }

            if (!(value >= 1 && value <= column.Limit && value == (int)value) || at != length)
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Row {row} (counted from 0), column '{column.Name}', holds {value} at {at}, behind {length} tokens; tokens are whole "
                        + $"numbers from 1 to {column.Limit}, without gaps, and 0 behind the last."));
            }

            ids[at] = (int)value - 1;
            length = at + 1;
        }

        *(int*)At(_lengths, row) = length;
    }

    /// <summary>Ends of the rows' sequences, summed up; the last one is the number of all steps.</summary>
    /// <param name="rows">Numbers of the rows.</param>
    /// <param name="to">Where columns go.</param>
    /// <exception cref="ArgumentException">There is no room for ends, or for all steps.</exception>
    private int* FillEnds(ReadOnlySpan<int> rows, ReadOnlySpan<RowDestination> to)
    {
        int* ends = null;
        foreach (ref readonly RowDestination place in to)
        {
            ends = place.Column == _lengths ? (int*)place.Words.Address : ends;
        }

        foreach (ref readonly RowDestination place in to)
        {
            if (!Schema.Columns[place.Column].Shape.IsSequence)
            {
                continue;
            }

            if (ends is null)
            {
                throw new ArgumentException($"Sequences of column '{Schema.Columns[place.Column].Name}' go where their ends go too, "
                    + $"'{Schema.Columns[_lengths].Name}'.", nameof(to));
            }

            long end = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                end += LengthOf(rows[i]);
                ends[i] = (int)Math.Min(end, int.MaxValue);
            }

            if (end > place.Words.Rows)
            {
                throw new ArgumentException($"There is room for {place.Words.Rows} steps; the rows have {end}.", nameof(to));
            }

            new Span<int>((int*)place.Words.Address + end, (int)(place.Words.Rows - end)).Clear();
        }

        return ends;
    }
}
