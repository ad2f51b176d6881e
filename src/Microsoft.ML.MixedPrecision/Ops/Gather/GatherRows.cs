using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows picked by index: targetᵢ = source[indexᵢ], bit for bit.</summary>
internal static unsafe partial class GatherRows
{
    private const int LeastElements = 32768;

    /// <summary>Copies one row of the source to each row of the target.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="source">(M, C).</param>
    /// <param name="rowIndices">N indices of rows of the source, in any order, repeated or not.</param>
    /// <param name="target">(N, C) in the same storage format; the pitch may differ, padding is not touched. Must not overlap the source.</param>
    /// <exception cref="ArgumentException">Columns or formats differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a row of the source.</exception>
    public static void Run(CpuDevice device, Tensor source, int* rowIndices, Tensor target)
    {
        RequireShape(source, target);
        int parts = Partition.Parts(device, (long)target.Rows * target.Columns, LeastElements, target.Rows);
        var job = new Job(source, rowIndices, target, parts);
        device.Run(ref job, parts);
    }

    private static void RequireShape(in Tensor source, in Tensor target)
    {
        if (source.Columns != target.Columns || source.Format.Storage() != target.Format.Storage())
        {
            throw new ArgumentException(
                $"target has {target.Columns} columns of {target.Format}; {source.Columns} of {source.Format} are needed.", nameof(target));
        }
    }

    private readonly struct Job(Tensor source, int* rowIndices, Tensor target, int parts) : IParallelJob
    {
        public void Run(int part)
        {
            long bytes = (long)source.Columns * source.Format.BytesPerElement();
            var (start, end) = Partition.Range(part, parts, target.Rows);
            for (int row = (int)start; row < end; row++)
            {
                int index = rowIndices[row];
                if ((uint)index >= (uint)source.Rows)
                    throw new ArgumentOutOfRangeException(nameof(part), index, $"Index {row} is {index}; the source has rows 0 to {source.Rows - 1}.");
                Buffer.MemoryCopy(source.Row(index), target.Row(row), bytes, bytes);
            }
        }
    }
}
