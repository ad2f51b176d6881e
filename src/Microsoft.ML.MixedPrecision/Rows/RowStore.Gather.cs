using System.Buffers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Rows on their way into a batch.</content>
internal sealed unsafe partial class RowStore
{
    /// <summary>Bytes that a part of the work copies, so that several threads share a batch.</summary>
    private const int PartBytes = 1 << 16;

    /// <summary>Copies rows into a batch, column by column. Allocates nothing.</summary>
    /// <param name="rows">Numbers of the rows, in the order of appending from 0.</param>
    /// <param name="to">Where columns go; those that are not named are not copied.</param>
    /// <exception cref="ArgumentException">A column has another shape, kind or format than its place.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No row has one of the numbers.</exception>
    public void Gather(ReadOnlySpan<int> rows, ReadOnlySpan<RowDestination> to)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        long bytes = 0;
        foreach (ref readonly RowDestination place in to)
        {
            SchemaColumn column = Schema.Columns[place.Column];
            bytes += place.Words.Kind == ElementKind.Entry ? (long)place.Words.Columns * SparseEntry.Bytes : column.ExampleBytes;
            if (!place.Takes(column, rows.Length))
            {
                throw new ArgumentException($"There is room for {place}; {rows.Length} rows of column {column} are asked for.", nameof(to));
            }

            if (place.Words.Kind == ElementKind.Entry && place.Words.Columns < LongestRow)
            {
                throw new ArgumentException(
                    $"There is room for {place.Words.Columns} entries of a row; the longest row of column {column} has {LongestRow}.",
                    nameof(to));
            }
        }

        foreach (int row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(rows));
        }

        int* ends = HasSequences ? FillEnds(rows, to) : null;
        int partRows = (int)Math.Max(1, PartBytes / Math.Max(1, bytes));
        fixed (int* numbers = rows)
        fixed (RowDestination* places = to)
        {
            var job = new GatherJob(this, numbers, rows.Length, places, to.Length, partRows, ends);
            _device.Run(ref job, (int)(((long)rows.Length + partRows - 1) / partRows));
        }
    }

    /// <summary>Copies a table's rows into a batch. Allocates nothing.</summary>
    /// <param name="rows">Numbers of the rows, in the order of appending from 0.</param>
    /// <param name="x">Receives the features: (N, <see cref="Features"/>), in <see cref="Format"/> or widened to Float32.</param>
    /// <param name="targets">Receives N · <see cref="TargetWords"/> words; empty if they are not wanted.</param>
    /// <param name="weights">Receives N weights; empty if they are not wanted.</param>
    /// <exception cref="ArgumentException">The batch has another shape or format.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No row has one of the numbers.</exception>
    public void Gather(ReadOnlySpan<int> rows, Tensor x, Span<int> targets, Span<float> weights)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (targets.Length < (long)rows.Length * TargetWords || (weights.Length > 0 && (weights.Length < rows.Length || !HasWeights)))
        {
            throw new ArgumentException($"There is room for {targets.Length} target words and {weights.Length} weights; {rows.Length} "
                + $"rows of {TargetWords} {(HasWeights ? "with" : "without")} weights are asked for.", nameof(targets));
        }

        Span<RowDestination> to = stackalloc RowDestination[3];
        int count = 0;
        to[count++] = new RowDestination(Schema.IndexOf(RowSchema.Features), x);
        fixed (int* toTargets = targets)
        fixed (float* toWeights = weights)
        {
            if (TargetWords > 0)
            {
                ElementKind kind = Schema.Columns[_target].Kind;
                to[count++] = new RowDestination(_target, new Words((nint)toTargets, kind, rows.Length, TargetWords));
            }

            if (weights.Length > 0)
            {
                to[count++] = new RowDestination(_weight, new Words((nint)toWeights, ElementKind.Float32, rows.Length, 1));
            }

            Gather(rows, to[..count]);
        }
    }

    /// <summary>Copies some of the rows of a batch.</summary>
    private readonly struct GatherJob(
        RowStore store,
        int* numbers,
        int count,
        RowDestination* to,
        int columns,
        int partRows,
        int* ends) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            int start = part * partRows, end = Math.Min(count - start, partRows) + start;
            for (int i = 0; i < columns; i++)
            {
                ref readonly RowDestination place = ref to[i];
                ColumnPlace from = store._layout[place.Column];
                if (ends is not null && store.Schema.Columns[place.Column].Shape.IsSequence)
                {
                    CopySequences(from, (int*)place.Words.Address, start, end);
                }
                else if (ends is not null && place.Column == store._lengths)
                {
                    continue;
                }
                else if (place.IsSums)
                {
                    SumEntries(from, place, start, end);
                }
                else if (place.Words.Kind == ElementKind.Entry)
                {
                    CopyEntries(from, place.Words, start, end);
                }
                else if (!place.IsNumbers)
                {
                    CopyWords(from, (byte*)place.Words.Address, start, end);
                }
                else if (place.Numbers.Format.Storage() == store.Schema.Columns[place.Column].Format)
                {
                    CopyNumbers(from, place, start, end);
                }
                else
                {
                    WidenNumbers(from, place, start, end);
                }
            }
        }

        private void CopySequences(in ColumnPlace from, int* to, int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                int first = i == 0 ? 0 : ends[i - 1];
                long bytes = (long)(ends[i] - first) * sizeof(int);
                Buffer.MemoryCopy(store.At(from, numbers[i]), to + first, bytes, bytes);
            }
        }

        /// <summary>Behind the last entry of a row there are slots of none up to its end, as a card looks at all of them.</summary>
        private void CopyEntries(in ColumnPlace from, Words to, int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                EntryPlace place = *(EntryPlace*)store.At(from, numbers[i]);
                var row = (SparseEntry*)to.Address + ((long)i * to.Columns);
                store._entries!.CopyTo(place, row);
                new Span<SparseEntry>(row + place.Count, to.Columns - place.Count).Fill(new SparseEntry(SparseEntry.None, 0));
            }
        }

        private void SumEntries(in ColumnPlace from, in RowDestination to, int start, int end)
        {
            SparseEntry[] entries = ArrayPool<SparseEntry>.Shared.Rent(store.LongestRow);
            fixed (SparseEntry* row = entries)
            {
                for (int i = start; i < end; i++)
                {
                    EntryPlace place = *(EntryPlace*)store.At(from, numbers[i]);
                    store._entries!.CopyTo(place, row);
                    var kernel = new BagSum(row, place.Count, to.Table, to.Numbers.Row(i));
                    store._device.Path.Dispatch(ref kernel);
                }
            }

            ArrayPool<SparseEntry>.Shared.Return(entries);
        }

        private void CopyWords(in ColumnPlace from, byte* to, int start, int end)
        {
            if (from.Bytes == sizeof(int))
            {
                for (int i = start; i < end; i++)
                {
                    ((int*)to)[i] = *(int*)store.At(from, numbers[i]);
                }

                return;
            }

            for (int i = start; i < end; i++)
            {
                Buffer.MemoryCopy(store.At(from, numbers[i]), to + (i * from.Bytes), from.Bytes, from.Bytes);
            }
        }

        /// <summary>The padding behind each row stays as it is.</summary>
        private void CopyNumbers(in ColumnPlace from, in RowDestination to, int start, int end)
        {
            SchemaColumn column = store.Schema.Columns[to.Column];
            int lines = column.Shape.Rows;
            long pitch = from.Bytes / lines, bytes = (long)column.Shape.Columns * column.Format.BytesPerElement();
            for (int i = start; i < end; i++)
            {
                byte* example = store.At(from, numbers[i]);
                for (int line = 0; line < lines; line++)
                {
                    Buffer.MemoryCopy(example + (line * pitch), to.Numbers.Row((i * lines) + line), bytes, bytes);
                }
            }
        }

        private void WidenNumbers(in ColumnPlace from, in RowDestination to, int start, int end)
        {
            SchemaColumn column = store.Schema.Columns[to.Column];
            int lines = column.Shape.Rows;
            long pitch = from.Bytes / lines;
            for (int i = start; i < end; i++)
            {
                byte* example = store.At(from, numbers[i]);
                for (int line = 0; line < lines; line++)
                {
                    FormatConversion.ToFloat32(
                        store._device.Path,
                        column.Format,
                        example + (line * pitch),
                        (float*)to.Numbers.Row((i * lines) + line),
                        column.Shape.Columns);
                }
            }
        }
    }
}
