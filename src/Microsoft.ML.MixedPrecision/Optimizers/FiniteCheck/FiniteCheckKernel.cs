using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>
/// Σ gᵢ² in binary64, and with it whether all gᵢ are finite: a square of a finite Float32 is at most 1.2e77, so the sum is
/// finite exactly if every element is. Chunks of a fixed size with 8 partial sums each, added in order: the same bits for
/// every number of threads and every vector width.
/// </summary>
internal static unsafe partial class FiniteCheckKernel
{
    private const int ChunkElements = 8192;
    private const int LeastElements = 32768;
    private const int Lanes = 8;

    /// <summary>Checks and sums elements.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="gradients">Float32, as they are (scaled).</param>
    /// <param name="count">Number of elements; 0 is finite with sum 0.</param>
    public static FiniteCheckResult Run(CpuDevice device, float* gradients, long count)
    {
        long chunks = Chunks(count);
        int parts = Partition.Parts(device, count, LeastElements, chunks);
        device.ReserveScratch(ScratchBytes(count));
        using var lease = device.RentScratch(ScratchBytes(count));
        var sums = (double*)lease.Address;

        var job = new Job(device.Path, gradients, count, sums, chunks, parts);
        device.Run(ref job, parts);

        double total = 0;
        for (long i = 0; i < chunks; i++)
        {
            total += sums[i];
        }

        return new FiniteCheckResult(double.IsFinite(total), total);
    }

    /// <summary>Bytes of working memory for so many elements.</summary>
    public static long ScratchBytes(long count) => Chunks(count) * sizeof(double);

    /// <summary>Whether every element of a matrix is finite. Padding is not looked at: in a plan's arena it holds what other buffers left
    /// there.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="matrix">(N, C) Float32; with no elements it is finite.</param>
    public static bool IsFinite(CpuDevice device, Tensor matrix)
    {
        int parts = Partition.Parts(device, (long)matrix.Rows * matrix.Columns, LeastElements, matrix.Rows);
        var job = new RowsJob(device.Path, matrix, parts);
        device.Run(ref job, parts);
        return job.IsFinite;
    }

    private static long Chunks(long count) => (count + ChunkElements - 1) / ChunkElements;

    private static double Sum(SimdPath path, float* values, int count)
        => path == SimdPath.Portable ? SumPortable(values, count) : SumVectors(values, count);

    private static double SumPortable(float* values, int count)
    {
        var sums = stackalloc double[Lanes];
        new Span<double>(sums, Lanes).Clear();
        for (int i = 0; i < count; i++)
        {
            sums[i % Lanes] = Math.FusedMultiplyAdd(values[i], values[i], sums[i % Lanes]);
        }

        return Add(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumVectors(float* values, int count)
    {
        var low = Vector256<double>.Zero;
        var high = Vector256<double>.Zero;
        int i = 0;
        for (; i <= count - Lanes; i += Lanes)
        {
            var (a, b) = Vector256.Widen(Vector256.Load(values + i));
            low = Vector256.FusedMultiplyAdd(a, a, low);
            high = Vector256.FusedMultiplyAdd(b, b, high);
        }
        var sums = stackalloc double[Lanes];
        low.Store(sums);
        high.Store(sums + 4);
        for (int lane = 0; i < count; i++, lane++)
        {
            sums[lane] = Math.FusedMultiplyAdd(values[i], values[i], sums[lane]);
        }

        return Add(sums);
    }

    private static double Add(double* sums)
    {
        double total = 0;
        for (int i = 0; i < Lanes; i++)
        {
            total += sums[i];
        }

        return total;
    }

    private readonly struct Job(SimdPath path, float* values, long count, double* sums, long chunks, int parts) : IParallelJob
    {
        public void Run(int part)
        {
            var (start, end) = Partition.Range(part, parts, chunks);
            for (long chunk = start; chunk < end; chunk++)
            {
                var first = values + (chunk * ChunkElements);
                int length = (int)Math.Min(ChunkElements, count - (chunk * ChunkElements));
                sums[chunk] = Sum(path, first, length);
            }
        }
    }

    private struct RowsJob(SimdPath path, Tensor matrix, int parts) : IParallelJob
    {
        private bool _foundOther;

        /// <summary>Whether no part found an infinity or NaN.</summary>
        public readonly bool IsFinite => !_foundOther;

        /// <inheritdoc/>
        public void Run(int part)
        {
            var (start, end) = Partition.Range(part, parts, matrix.Rows);
            for (int row = (int)start; row < end; row++)
            {
                if (!double.IsFinite(Sum(path, (float*)matrix.Row(row), matrix.Columns)))
                {
                    Volatile.Write(ref _foundOther, true);
                }
            }
        }
    }
}
