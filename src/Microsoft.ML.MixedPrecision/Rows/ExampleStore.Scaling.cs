using System.Buffers;
using System.Numerics.Tensors;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <content>Scaling of the features of rows that were read in Float32, and their way to the format that the network reads.</content>
internal sealed unsafe partial class ExampleStore
{
    /// <summary>The features of a row of a Float32 store.</summary>
    /// <param name="row">Its number.</param>
    public ReadOnlySpan<float> Features32(int row) => new(FeaturesOf(row), Features);

    /// <summary>
    /// Scales all rows of this Float32 store and rounds them to a format: in place where that is Float32, else chunk by chunk into new
    /// ones, each chunk being freed once it has been
    /// read, so that at most one chunk is held twice.
    /// </summary>
    /// <param name="scaler">Scales.</param>
    /// <param name="format">Format in which features are kept from now on.</param>
    /// <returns>The first row with a scaled value that is not finite in the format, with the feature as it was; null if there is none. The
    /// store is then of no more use.</returns>
    public Extreme? Scale(FeatureScaler scaler, NumericFormat format)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (format.Storage() == Format)
        {
            return ScaleInto(this, scaler, 0, Rows);
        }

        var target = new ExampleStore(_device, format, Features, HasWeights, TargetWords, _limit);
        try
        {
            int read = 0;
            for (long start = 0; start < Rows; start += target.ChunkRows)
            {
                int end = (int)Math.Min(start + target.ChunkRows, Rows);
                int past = (int)(((long)end + ChunkRows - 1) >> _chunkShift);
                _limit?.GiveBack(_chunks[read..past].OfType<CpuMemory>().Sum(chunk => chunk.Bytes));
                target.AddChunk();
                if (ScaleInto(target, scaler, (int)start, end) is { } extreme)
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
    private void TakeOver(ExampleStore other)
    {
        _chunks.Clear();
        _chunks.AddRange(other._chunks);
        other._chunks.Clear();
        _file?.Dispose();
        (_file, other._file) = (other._file, null);
        (Format, _rowBytes, _chunkShift) = (other.Format, other._rowBytes, other._chunkShift);
    }

    private Extreme? ScaleInto(ExampleStore target, FeatureScaler scaler, int start, int end)
    {
        int partRows = (int)Math.Max(1, PartBytes / _rowBytes), bad = int.MaxValue;
        var job = new ScaleJob(this, target, scaler, start, end, partRows, &bad);
        _device.Run(ref job, (int)(((long)end - start + partRows - 1) / partRows));
        if (bad == int.MaxValue)
        {
            return null;
        }

        float[] scaled = new float[Features];
        scaler.Scale(Features32(bad), scaled);
        int slot = Array.FindIndex(scaled, value => !(Math.Abs(value) <= target.Format.MaxFinite()));
        return new Extreme(Features32(bad)[slot], bad, slot);
    }

    /// <summary>Scales some of the rows; one with a value that the target's format does not hold stays as it was.</summary>
    private readonly struct ScaleJob(
        ExampleStore from,
        ExampleStore to,
        FeatureScaler scaler,
        int start,
        int end,
        int partRows,
        int* bad) : IParallelJob
    {
        /// <inheritdoc/>
        public void Run(int part)
        {
            float[] scaled = ArrayPool<float>.Shared.Rent(from.Features);
            float limit = to.Format.MaxFinite();
            int last = (int)Math.Min(end, start + (((long)part + 1) * partRows));
            for (int row = start + (part * partRows); row < last; row++)
            {
                Span<float> values = scaled.AsSpan(0, from.Features);
                scaler.Scale(from.Features32(row), values);

                // No comparison holds with NaN.
                if (!(Math.Abs(TensorPrimitives.MaxMagnitude<float>(values)) <= limit))
                {
                    NoteBad(row);
                    continue;
                }

                fixed (float* value = values)
                {
                    FormatConversion.FromFloat32(from._device.Path, to.Format, value, to.FeaturesOf(row), from.Features);
                }

                CopyRest(row);
            }

            ArrayPool<float>.Shared.Return(scaled);
        }

        private void CopyRest(int row)
        {
            if (from == to)
            {
                return;
            }

            new ReadOnlySpan<int>(from.TargetOf(row), from.TargetWords).CopyTo(new Span<int>(to.TargetOf(row), from.TargetWords));
            if (from.HasWeights)
            {
                *to.WeightOf(row) = *from.WeightOf(row);
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
