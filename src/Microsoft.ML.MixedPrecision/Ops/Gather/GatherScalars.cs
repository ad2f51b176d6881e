using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Elements of 4 bytes (labels, weights) picked by index: targetᵢ = source[indexᵢ], bit for bit.</summary>
internal static unsafe partial class GatherScalars
{
    private const int LeastElements = 32768;

    /// <summary>Copies one element for each index. The indices are trusted: whoever made them knows the length of the source.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="source">Elements of 4 bytes.</param>
    /// <param name="indices"><paramref name="count"/> indices into the source.</param>
    /// <param name="target">Receives <paramref name="count"/> elements of 4 bytes.</param>
    /// <param name="count">Number of elements; 0 is allowed.</param>
    public static void Run(CpuDevice device, void* source, int* indices, void* target, int count)
    {
        int parts = Partition.Parts(device, count, LeastElements, count);
        var job = new Job((uint*)source, indices, (uint*)target, count, parts);
        device.Run(ref job, parts);
    }

    private readonly struct Job(uint* source, int* indices, uint* target, int count, int parts) : IParallelJob
    {
        public void Run(int part)
        {
            var (start, end) = Partition.Range(part, parts, count);
            for (long i = start; i < end; i++)
                target[i] = source[indices[i]];
        }
    }
}
