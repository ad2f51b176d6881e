using System.Buffers;
using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Preparation of the numbers of rows that were read in Float32, and their way to the format that the network reads.</content>
internal sealed unsafe partial class RowStore
{
    /// <summary>The features of a row of a Float32 store.</summary>
    /// <param name="row">Its number.</param>
    public ReadOnlySpan<float> Features32(int row) => new(At(_features, row), Features);

    /// <summary>The numbers of an example in a Float32 column: one of the rows of its shape.</summary>
    /// <param name="column">Number of the column.</param>
    /// <param name="row">The example.</param>
    /// <param name="line">Which of the rows of its shape.</param>
    public ReadOnlySpan<float> Numbers32(int column, int row, int line)
    {
        Shape shape = Schema.Columns[column].Shape;
        return new ReadOnlySpan<float>(At(column, row) + (line * (_layout[column].Bytes / shape.Rows)), shape.Columns);
    }

    /// <summary>
    /// Prepares the numbers of a Float32 column in all rows, every row of its shape alike, and rounds them to a format: in place where that
    /// is Float32 and there are no indicators, which make rows longer, else chunk by chunk into new ones, each being freed once it has been
    /// read, so that at most one is held twice.
    /// </summary>
    /// <param name="preparation">Fills gaps and scales.</param>
    /// <param name="format">Format in which the numbers are kept from now on.</param>
    /// <param name="name">Name of the column.</param>
    /// <returns>The first row with a prepared value that is not finite in the format, with the number as it was; null if there is none.
    /// With one, the store is of no more use.</returns>
    /// <exception cref="ArgumentException">The column does not have Float32 numbers.</exception>
    public Extreme? Prepare(InputPreparation preparation, NumericFormat format, string name = RowSchema.Features)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int column = Schema.IndexOf(name);
        SchemaColumn its = Schema.Columns[column];
        if (its.Kind != ElementKind.Number || its.Format != NumericFormat.Float32)
        {
            throw new ArgumentException($"Only Float32 numbers are prepared; the column is {its}.", nameof(name));
        }

        if (format.Storage() == NumericFormat.Float32 && preparation.Indicators == 0)
        {
            return PrepareInto(this, preparation, column, 0, Rows);
        }

        SchemaColumn prepared = its.In(format, checked(its.Shape.Columns + preparation.Indicators));
        var target = new RowStore(_device, Schema.With(column, prepared), _limit);
        try
        {
            int read = 0;
            for (long start = 0; start < Rows; start += target.ChunkRows)
            {
                int end = (int)Math.Min(start + target.ChunkRows, Rows);
                int past = end == Rows ? _chunks.Count : end >> _chunkShift; // Chunks that are read to their end.
                _limit?.GiveBack(_chunks[read..past].OfType<CpuMemory>().Sum(chunk => chunk.Bytes));
                target.AddChunk();
                if (PrepareInto(target, preparation, column, (int)start, end) is { } extreme)
                {
                    return extreme;
                }

                _chunks[read..past].ForEach(chunk => chunk.Dispose());
                read = past;
            }

            TakeOver(target);
            return null;
        }
        finally
        {
            target.Dispose();
        }
    }

    /// <summary>Becomes another store, which is empty afterwards.</summary>
    private void TakeOver(RowStore other)
    {
        _chunks.Clear();
        _chunks.AddRange(other._chunks);
        other._chunks.Clear();
        _file?.Dispose();
        (_file, other._file) = (other._file, null);
        Take(other.Schema);
    }

    private Extreme? PrepareInto(RowStore target, InputPreparation preparation, int column, int start, int end)
    {
        int partRows = (int)Math.Max(1, PartBytes / _layout[column].Bytes), bad = int.MaxValue;
        var job = new PrepareJob(this, target, preparation, column, start, end, partRows, &bad);
        _device.Run(ref job, (int)(((long)end - start + partRows - 1) / partRows));
        if (bad == int.MaxValue)
        {
            return null;
        }

        SchemaColumn made = target.Schema.Columns[column];
        float[] prepared = new float[made.Elements];
        PrepareRow(preparation, column, bad, prepared, made.Shape.Columns);
        float limit = made.Format.MaxFinite();
        int element = Array.FindIndex(prepared, value => !(Math.Abs(value) <= limit));
        int line = element / made.Shape.Columns, slot = element % made.Shape.Columns;
        return new Extreme(Numbers32(column, bad, line)[slot], bad, (line * Schema.Columns[column].Shape.Columns) + slot);
    }

    private void PrepareRow(InputPreparation preparation, int column, int row, Span<float> prepared, int columns)
    {
        for (int line = 0; line < Schema.Columns[column].Shape.Rows; line++)
        {
            preparation.Apply(Numbers32(column, row, line), prepared.Slice(line * columns, columns));
        }
    }

    /// <summary>Prepares some of the rows; one with a value that the target's format does not hold stays as it was.</summary>
    private readonly struct PrepareJob(
        RowStore from,
        RowStore to,
        InputPreparation preparation,
        int column,
        int start,
        int end,
        int partRows,
        int* bad) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            SchemaColumn made = to.Schema.Columns[column];
            float[] prepared = ArrayPool<float>.Shared.Rent(made.Elements);
            Span<float> values = prepared.AsSpan(0, made.Elements);
            float limit = made.Format.MaxFinite();
            int last = (int)Math.Min(end, start + (((long)part + 1) * partRows));
            for (int row = start + (part * partRows); row < last; row++)
            {
                from.PrepareRow(preparation, column, row, values, made.Shape.Columns);

                // No comparison holds with NaN.
                if (!(Math.Abs(TensorPrimitives.MaxMagnitude<float>(values)) <= limit))
                {
                    NoteBad(row);
                    continue;
                }

                to.Round(column, row, values);
                CopyRest(row);
            }

            ArrayPool<float>.Shared.Return(prepared);
        }

        private void CopyRest(int row)
        {
            for (int other = 0; from != to && other < from.Schema.Columns.Length; other++)
            {
                if (other != column)
                {
                    from.Written(other, row).CopyTo(to.Written(other, row));
                }
            }
        }

        private void NoteBad(int row)
        {
            int known = Volatile.Read(ref *bad);
            while (row < known)
            {
                int found = Interlocked.CompareExchange(ref *bad, row, known);
                if (found == known)
                {
                    return;
                }

                known = found;
            }
        }
    }
}
