namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Memory that a plan needs from one moment to another; moments are numbered in the order of execution.</summary>
/// <param name="Bytes">Size.</param>
/// <param name="FirstUse">When it is written first.</param>
/// <param name="LastUse">When it is read last.</param>
internal readonly record struct BufferRequest(long Bytes, int FirstUse, int LastUse);

/// <summary>Places buffers in one arena so that two share bytes only if their lifetimes do not overlap.</summary>
internal static class MemoryLayout
{
    /// <summary>Every buffer starts at a multiple of this.</summary>
    public const int Alignment = 256;

    /// <summary>
    /// Greedy by size: the largest buffer first, each at the lowest offset that is free during its whole lifetime
    /// (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
    /// </summary>
    /// <param name="requests">What is needed.</param>
    /// <param name="totalBytes">Size of the arena.</param>
    /// <returns>The offset of each request in bytes.</returns>
    public static long[] Place(IReadOnlyList<BufferRequest> requests, out long totalBytes)
    {
        var offsets = new long[requests.Count];
        var placed = new List<int>(requests.Count);
        totalBytes = 0;
        foreach (int index in Enumerable.Range(0, requests.Count).OrderByDescending(i => requests[i].Bytes).ThenBy(i => i))
        {
            offsets[index] = LowestFree(requests, offsets, placed, index);
            placed.Add(index);
            totalBytes = Math.Max(totalBytes, offsets[index] + Aligned(requests[index].Bytes));
        }

        return offsets;
    }

    /// <summary>Rounds up to <see cref="Alignment"/>.</summary>
    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static long LowestFree(IReadOnlyList<BufferRequest> requests, long[] offsets, List<int> placed, int index)
    {
        BufferRequest wanted = requests[index];
        long offset = 0;
        foreach (int other in placed.Where(i => Overlap(requests[i], wanted)).OrderBy(i => offsets[i]))
        {
            if (offset + Aligned(wanted.Bytes) <= offsets[other])
            {
                break;
            }

            offset = Math.Max(offset, offsets[other] + Aligned(requests[other].Bytes));
        }

        return offset;
    }

    private static bool Overlap(BufferRequest a, BufferRequest b) => a.FirstUse <= b.LastUse && b.FirstUse <= a.LastUse;
}
