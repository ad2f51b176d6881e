using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums of gradients by row of the table, in parts of its rows, which threads share.</summary>
internal readonly unsafe struct CategoryBackwardJob : IParallelJob
{
    private const int LeastElements = 16384;

    private readonly EmbeddingOrder _order;
    private readonly int _categories;
    private readonly Tensor _dy;
    private readonly Tensor _dtable;
    private readonly bool _accumulate;
    private readonly int _parts;

    private CategoryBackwardJob(in EmbeddingOrder order, int categories, in Tensor dy, in Tensor dtable, bool accumulate, int parts)
        => (_order, _categories, _dy, _dtable, _accumulate, _parts) = (order, categories, dy, dtable, accumulate, parts);

    /// <summary>dtable = (accumulate ? dtable : 0) + the sums of dy by row of the table.</summary>
    public static void Run(CpuDevice device, in Tensor x, CategoryPlaces places, in Tensor dy, in Tensor dtable, bool accumulate)
    {
        using ScratchLease memory = device.RentScratch(CategoryEmbeddingKernel.CpuScratchBytes(x.Rows, places));
        var words = new Words((nint)memory.Address, ElementKind.Int32, x.Rows, places.Count);
        Fill(words.Span<int>(), x, places);
        var order = new EmbeddingOrder(new EmbeddingIds("", words, places.Count, null), dtable.Rows, memory.Address + words.Bytes);

        // Rows of the table are shared out by what is added to them, not evenly.
        int parts = Partition.Parts(device, (words.Count + dtable.Rows) * dtable.Columns, LeastElements, dtable.Rows);
        var job = new CategoryBackwardJob(order, places.Count, dy, dtable, accumulate, parts);
        device.Run(ref job, parts);
    }

    /// <inheritdoc/>
    public void Run(int part)
    {
        int last = _order.FirstOf(part + 1, _parts);
        for (int level = _order.FirstOf(part, _parts); level < last; level++)
        {
            var target = new Span<float>(_dtable.Row(level), _dtable.Columns);
            ReadOnlySpan<int> positions = _order.Of(level);
            if (!positions.IsEmpty)
            {
                Sum(positions, target);
            }
            else if (!_accumulate)
            {
                target.Clear();
            }
        }
    }

    private static void Fill(Span<int> ids, in Tensor x, CategoryPlaces places)
    {
        for (int row = 0, at = 0; row < x.Rows; row++)
        {
            float* values = (float*)x.Row(row) + places.First;
            for (int category = 0; category < places.Count; category++)
            {
                ids[at++] = places.RowOf(category, values[category]);
            }
        }
    }

    private void Sum(ReadOnlySpan<int> positions, Span<float> target)
    {
        // All positions of a row of the table are of one category, so that they lie in the same columns.
        NumericFormat format = _dy.Format.Storage();
        int first = _dy.Columns - (_categories * _dtable.Columns) + (positions[0] % _categories * _dtable.Columns);
        for (int column = 0; column < target.Length; column++)
        {
            float total = 0;
            for (int chunk = 0; chunk < positions.Length; chunk += EmbeddingKernel.Chunk)
            {
                float sum = 0;
                foreach (int position in positions.Slice(chunk, Math.Min(EmbeddingKernel.Chunk, positions.Length - chunk)))
                {
                    sum += FormatLanes<LanesPortable, float>.Load(format, _dy.Row(position / _categories), first + column);
                }

                total += sum;
            }

            target[column] = _accumulate ? target[column] + total : total;
        }
    }
}
