using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Rows on their way in.</content>
internal sealed unsafe partial class RowStore
{
    private int _begun = -1;

    /// <summary>Appends a table's row, rounding its features to <see cref="Format"/>, to nearest even.</summary>
    /// <param name="features">The features; beyond the format's largest value they become infinite, so check before.</param>
    /// <param name="label">The class, from 0.</param>
    /// <param name="weight">The weight; not kept without <see cref="HasWeights"/>.</param>
    /// <exception cref="ArgumentException">More or fewer features than <see cref="Features"/>, or targets that are no class.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory left.</exception>
    /// <exception cref="InvalidOperationException">There are as many rows as an array can number; or the class is not below the column's
    /// limit; or the rows have further columns.</exception>
    public void Append(ReadOnlySpan<float> features, int label, float weight)
        => Append(new RowFeatures(features), label, weight);

    /// <summary>Appends a row of either kind; see the overload for dense features.</summary>
    /// <param name="features">The features.</param>
    /// <param name="label">The class, from 0.</param>
    /// <param name="weight">The weight.</param>
    public void Append(in RowFeatures features, int label, float weight)
        => Append(features, new ReadOnlySpan<int>(in label), ElementKind.Int32, weight);

    /// <summary>Appends a row whose target is numbers; see the overload for a class.</summary>
    /// <param name="features">The features.</param>
    /// <param name="targets">The target's numbers, kept in Float32.</param>
    /// <param name="weight">The weight.</param>
    public void Append(ReadOnlySpan<float> features, ReadOnlySpan<float> targets, float weight)
        => Append(new RowFeatures(features), targets, weight);

    /// <summary>Appends a row of either kind whose target is numbers; see the overload for dense features.</summary>
    /// <param name="features">The features.</param>
    /// <param name="targets">The target's numbers.</param>
    /// <param name="weight">The weight.</param>
    public void Append(in RowFeatures features, ReadOnlySpan<float> targets, float weight)
        => Append(features, MemoryMarshal.Cast<float, int>(targets), ElementKind.Float32, weight);

    /// <summary>Begins a row of any schema, all zeros, which counts once it is committed.</summary>
    /// <exception cref="InsufficientMemoryException">The device has no memory left.</exception>
    /// <exception cref="InvalidOperationException">There are as many rows as an array can number.</exception>
    public RowWriter BeginRow()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        OneMore(Rows);
        MakeRoom();
        if (_begun == Rows)
        {
            // Left by a row that was never committed; memory that no row has had is zero.
            for (int column = 0; column < Schema.Columns.Length; column++)
            {
                new Span<byte>(At(column, Rows), Schema.Columns[column].ExampleBytes).Clear();
            }
        }

        _begun = Rows;
        return new RowWriter(this, Rows);
    }

    /// <summary>Ends the row that was begun, after a look at its ids, classes and lengths.</summary>
    /// <exception cref="InvalidOperationException">One is outside of its limits; or the row is not the one that was begun last.</exception>
    internal void Commit(int row)
    {
        if (row != Rows || row != _begun)
        {
            throw new InvalidOperationException($"Row {row} is committed already, or another was begun since; there are {Rows} rows.");
        }

        for (int column = 0; column < Schema.Columns.Length; column++)
        {
            CheckLimit(column, row);
        }

        Rows = OneMore(row);
    }

    /// <summary>The number of rows after one more.</summary>
    /// <param name="rows">Rows so far.</param>
    /// <exception cref="InvalidOperationException">There are as many as an array can number.</exception>
    internal static int OneMore(int rows) => rows < Array.MaxLength
        ? rows + 1
        : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"There are more than {rows:N0} rows, and no "
            + $"more can be trained on. Take a sample of them, for example with Data.FilterByCustomPredicate."));

    /// <summary>An example's memory in a column, of the row that is being written.</summary>
    internal Span<byte> Written(int column, int row)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new Span<byte>(At(column, row), Schema.Columns[column].ExampleBytes);
    }

    /// <summary>Rounds the numbers of an example into a column.</summary>
    internal void Round(int column, int row, ReadOnlySpan<float> values)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SchemaColumn its = Schema.Columns[column];
        int columns = its.Shape.Columns, pitch = its.ExampleBytes / its.Shape.Rows;
        byte* to = At(column, row);
        fixed (float* from = values)
        {
            for (int line = 0; line < its.Shape.Rows; line++)
            {
                FormatConversion.FromFloat32(_device.Path, its.Format, from + (line * columns), to + ((long)line * pitch), columns);
            }
        }
    }

    /// <summary>Appends the entries of an example of a column.</summary>
    /// <exception cref="InvalidOperationException">A slot is outside of the column, or they do not ascend: the message names row, column
    /// and slot.</exception>
    internal void WriteEntries(int column, int row, ReadOnlySpan<int> slots, ReadOnlySpan<float> values)
    {
        SchemaColumn its = Schema.Columns[column];
        for (int i = 0, least = 0; i < slots.Length; least = slots[i++] + 1)
        {
            if (slots[i] < least || slots[i] >= its.Shape.Columns)
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Row {row} (counted from 0), column '{its.Name}', holds slot {slots[i]} at {i}; slots must ascend, each once, and be "
                        + $"from 0 to {its.Shape.Columns - 1}."));
            }
        }

        *(EntryPlace*)At(column, row) = _entries!.Append(slots, values, its.Format);
    }

    private void Append(in RowFeatures features, ReadOnlySpan<int> targets, ElementKind kind, float weight)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if ((features.IsSparse != IsSparse && !HasSequences)
            || (features.Values.Length != (HasSequences ? MostTokens : Features) && !features.IsSparse)
            || targets.Length != TargetWords
            || !_isTable
            || kind != Schema.Columns[_target].Kind)
        {
            throw NoSuchRow(features, targets.Length, kind);
        }

        int rows = OneMore(Rows);
        MakeRoom();
        int row = Rows;
        byte* chunk = ChunkOf(row);
        if (HasSequences)
        {
            WriteSequence(row, features);
        }
        else if (IsSparse)
        {
            WriteEntries(_features, row, features.Slots, features.Values);
        }
        else
        {
            fixed (float* values = features.Values)
            {
                FormatConversion.FromFloat32(_device.Path, Format, values, At(chunk, _layout[_features], row), Features);
            }
        }

        targets.CopyTo(new Span<int>(At(chunk, _layout[_target], row), TargetWords));
        if (HasWeights)
        {
            *(float*)At(chunk, _layout[_weight], row) = weight;
        }

        _begun = row;
        CheckLimit(_target, row);
        Rows = rows;
    }

    /// <summary>A row that was begun and not committed has its room already.</summary>
    private void MakeRoom()
    {
        if (Rows >> _chunkShift == _chunks.Count)
        {
            AddChunk();
        }
    }

    private Exception NoSuchRow(in RowFeatures features, int targets, ElementKind kind)
        => !_isTable
            ? new InvalidOperationException($"These are no rows of a table but have {Schema}; append them with BeginRow.")
            : new ArgumentException(
                features.IsSparse != IsSparse
                    ? $"The row is {(features.IsSparse ? "sparse" : "dense")}; this store takes {Schema.Columns[_features]}."
                : features.Values.Length != (HasSequences ? MostTokens : Features) && !IsSparse
                    ? $"The row has {features.Values.Length} features; this store takes {Features}."
                : targets != TargetWords ? $"The row has {targets} targets; this store takes {TargetWords}."
                : kind == ElementKind.Int32 ? "The row's target is a class; this store takes numbers."
                : "The row's target is numbers; this store takes a class.",
                nameof(features));

    /// <summary>Looks at an example's ids, classes or length.</summary>
    private void CheckLimit(int column, int row)
    {
        SchemaColumn its = Schema.Columns[column];
        if (its.Limit is not { } limit)
        {
            return;
        }

        // Behind its length a target is never looked at; ids are, by the layer that looks them up.
        int rows = its is { Role: RowRole.Target, LengthColumn: { } lengths } ? *(int*)At(Schema.IndexOf(lengths), row) : its.Shape.Rows;
        var words = new ReadOnlySpan<int>(At(column, row), its.Shape.Rows * its.Shape.Columns);
        int checkedWords = Math.Clamp(rows, 0, its.Shape.Rows) * its.Shape.Columns;
        int bad = words[..checkedWords].IndexOfAnyExceptInRange(0, limit - 1);
        if (bad >= 0)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"Row {row} (counted from 0), column '{its.Name}', holds {words[bad]}{(words.Length > 1 ? $" at {bad}" : "")}; allowed is "
                    + $"0 to {limit - 1}. Correct the value, or make the column with a larger limit."));
        }
    }
}
