using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Rows on their way into a batch.</content>
internal sealed unsafe partial class ExampleStore
{
    /// <summary>Bytes of features that a part of the work copies, so that several threads share a batch.</summary>
    private const int PartBytes = 1 << 16;

    /// <summary>Copies rows into a batch. Allocates nothing.</summary>
    /// <param name="rows">Numbers of the rows, in the order of appending from 0.</param>
    /// <param name="x">Receives the features: (N, <see cref="Features"/>), in <see cref="Format"/> or widened to Float32.</param>
    /// <param name="targets">Receives N · <see cref="TargetWords"/> words.</param>
    /// <param name="weights">Receives N weights; empty if they are not wanted.</param>
    /// <exception cref="ArgumentException">The batch has another shape or format.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No row has one of the numbers.</exception>
    public void Gather(ReadOnlySpan<int> rows, Tensor x, Span<int> targets, Span<float> weights)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Check(rows, x, targets, weights);
        int partRows = (int)Math.Max(1, PartBytes / _rowBytes);
        fixed (int* numbers = rows)
        fixed (int* toTargets = targets)
        fixed (float* toWeights = weights)
        {
            var job = new GatherJob(this, numbers, rows.Length, x, toTargets, toWeights, partRows);
            _device.Run(ref job, (rows.Length + partRows - 1) / partRows);
        }
    }

    private void Check(ReadOnlySpan<int> rows, Tensor x, Span<int> targets, Span<float> weights)
    {
        if (x.Rows < rows.Length || x.Columns != Features || (x.Format.Storage() != Format && x.Format != NumericFormat.Float32))
        {
            throw new ArgumentException($"The batch takes {x.Rows} rows of {x.Columns} features in {x.Format}; there are {rows.Length} "
                + $"rows of {Features} features in {Format}.", nameof(x));
        }

        if (targets.Length < (long)rows.Length * TargetWords || (weights.Length > 0 && (weights.Length < rows.Length || !HasWeights)))
        {
            throw new ArgumentException($"There is room for {targets.Length} target words and {weights.Length} weights; {rows.Length} "
                + $"rows of {TargetWords} {(HasWeights ? "with" : "without")} weights are asked for.", nameof(targets));
        }

        foreach (int row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(rows));
        }
    }

    /// <summary>Copies some of the rows of a batch.</summary>
    private readonly struct GatherJob(
        ExampleStore store,
        int* numbers,
        int count,
        Tensor x,
        int* targets,
        float* weights,
        int partRows) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            int end = Math.Min(count, (part + 1) * partRows);
            for (int i = part * partRows; i < end; i++)
            {
                CopyFeatures(store.FeaturesOf(numbers[i]), x.Row(i));
                CopyTargets(store.TargetOf(numbers[i]), i);
                if (weights is not null)
                {
                    weights[i] = *store.WeightOf(numbers[i]);
                }
            }
        }

        private void CopyTargets(int* from, int row)
        {
            int words = store.TargetWords;
            for (int word = 0; word < words; word++)
            {
                targets[((long)row * words) + word] = from[word];
            }
        }

        private void CopyFeatures(void* from, void* to)
        {
            if (x.Format.Storage() == store.Format)
            {
                long bytes = (long)store.Features * store.Format.BytesPerElement();
                Buffer.MemoryCopy(from, to, bytes, bytes);
            }
            else
            {
                FormatConversion.ToFloat32(store._device.Path, store.Format, from, (float*)to, store.Features);
            }
        }
    }
}
