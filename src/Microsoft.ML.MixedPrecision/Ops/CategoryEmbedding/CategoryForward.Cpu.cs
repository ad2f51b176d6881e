using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rounds the numbers of rows and copies rows of the table behind them.</summary>
internal readonly unsafe struct CategoryForwardJob : IParallelJob
{
    private const int LeastBytes = 64 * 1024;

    private readonly SimdPath _path;
    private readonly Tensor _x;
    private readonly CategoryPlaces _places;
    private readonly Tensor _table;
    private readonly Tensor _y;
    private readonly int _parts;

    private CategoryForwardJob(SimdPath path, in Tensor x, CategoryPlaces places, in Tensor table, in Tensor y, int parts)
        => (_path, _x, _places, _table, _y, _parts) = (path, x, places, table, y, parts);

    /// <summary>y = [numbers, embeddings].</summary>
    public static void Run(CpuDevice device, in Tensor x, CategoryPlaces places, in Tensor table, in Tensor y)
    {
        int parts = Partition.Parts(device, y.Bytes, LeastBytes, y.Rows);
        var job = new CategoryForwardJob(device.Path, x, places, table, y, parts);
        device.Run(ref job, parts);
    }

    /// <inheritdoc/>
    public void Run(int part)
    {
        int size = _y.Format.BytesPerElement(), bytes = _table.Columns * size, behind = _places.First + _places.Count;
        var (start, end) = Partition.Range(part, _parts, _y.Rows);
        for (int row = (int)start; row < end; row++)
        {
            float* x = (float*)_x.Row(row);
            byte* y = (byte*)_y.Row(row);
            Round(x, y, _places.First);
            Round(x + behind, y + ((long)_places.First * size), _x.Columns - behind);
            byte* to = y + ((long)(_x.Columns - _places.Count) * size);
            for (int category = 0; category < _places.Count; category++, to += bytes)
            {
                int level = _places.RowOf(category, x[_places.First + category]);
                new ReadOnlySpan<byte>(_table.Row(level), bytes).CopyTo(new Span<byte>(to, bytes));
            }
        }
    }

    private void Round(float* from, byte* to, int count)
    {
        if (count > 0)
        {
            var kernel = new ConvertKernel(NumericFormat.Float32, from, _y.Format.Storage(), to, count);
            _path.Dispatch(ref kernel);
        }
    }
}
