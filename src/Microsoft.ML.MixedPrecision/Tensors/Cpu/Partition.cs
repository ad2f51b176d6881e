namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Splits elements or rows evenly into parts. For work whose result does not depend on where it is cut.</summary>
internal static class Partition
{
    /// <summary>Parts for each thread, so that one that is interrupted does not hold up the rest.</summary>
    private const int PartsPerThread = 3;

    /// <summary>How many parts so much work is worth.</summary>
    /// <param name="device">Whose threads will work.</param>
    /// <param name="work">Elements, or multiply-adds.</param>
    /// <param name="least">Work that outweighs handing a part to another thread, a few microseconds.</param>
    /// <param name="most">Number of indivisible pieces.</param>
    public static int Parts(CpuDevice device, long work, long least, long most)
        => device.Threads == 1
            ? (int)Math.Min(1, most)
            : (int)Math.Min(Math.Clamp(work / least, 1, (long)device.Threads * PartsPerThread), most);

    /// <summary>Does all units of a kernel, in the device's vector width, by as many of its threads as they are worth.</summary>
    /// <param name="device">Whose threads work.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="units">How many units it has.</param>
    /// <param name="work">What they are worth together: elements, or multiply-adds.</param>
    /// <param name="least">As of <see cref="Parts"/>.</param>
    public static void Run<TKernel>(CpuDevice device, in TKernel kernel, long units, long work, long least)
        where TKernel : struct, IRangeKernel
        => RunParts(device, kernel, units, Parts(device, work, least, units));

    /// <summary>Does all units of a kernel in so many parts.</summary>
    public static void RunParts<TKernel>(CpuDevice device, in TKernel kernel, long units, int parts)
        where TKernel : struct, IRangeKernel
    {
        var job = new RangeJob<TKernel>(device.Path, kernel, units, parts);
        device.Run(ref job, parts);
    }

    /// <summary>First element of a part and first of the next.</summary>
    public static (long Start, long End) Range(int part, int parts, long count)
        => (count * part / parts, count * (part + 1) / parts);
}
