using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Copies rows of the table: bits, in whatever format.</summary>
internal readonly unsafe struct EmbeddingForwardJob : IParallelJob
{
    private const int LeastBytes = 64 * 1024;

    private readonly EmbeddingIds _ids;
    private readonly Tensor _table;
    private readonly Tensor _y;
    private readonly int _parts;

    private EmbeddingForwardJob(in EmbeddingIds ids, in Tensor table, in Tensor y, int parts)
        => (_ids, _table, _y, _parts) = (ids, table, y, parts);

    /// <summary>y = the table's rows, all ids being within.</summary>
    public static void Run(CpuDevice device, in EmbeddingIds ids, in Tensor table, in Tensor y)
    {
        int parts = Partition.Parts(device, y.Bytes, LeastBytes, y.Rows);
        var job = new EmbeddingForwardJob(ids, table, y, parts);
        device.Run(ref job, parts);
    }

    /// <inheritdoc/>
    public void Run(int part)
    {
        ReadOnlySpan<int> ids = _ids.Words.Span<int>();
        int bytes = _y.Columns * _y.Format.BytesPerElement();
        var (start, end) = Partition.Range(part, _parts, _y.Rows);
        for (int row = (int)start; row < end; row++)
        {
            var target = new Span<byte>(_y.Row(row), bytes);
            if (ids[row] == _ids.PaddingOrNone)
            {
                target.Clear();
            }
            else
            {
                new ReadOnlySpan<byte>(_table.Row(ids[row]), bytes).CopyTo(target);
            }
        }
    }
}
