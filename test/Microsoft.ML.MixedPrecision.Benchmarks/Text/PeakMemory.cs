using System.Diagnostics;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>The most memory that the process has had since a moment.</summary>
internal static class PeakMemory
{
    /// <summary>Linux forgets the peak so far where 5 is written there; elsewhere it stays, and so is too large rather than too
    /// small.</summary>
    private const string Forget = "/proc/self/clear_refs";

    /// <summary>Begins.</summary>
    /// <returns>Bytes that there are.</returns>
    public static long Begin()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        if (File.Exists(Forget))
        {
            File.WriteAllText(Forget, "5");
        }

        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    /// <summary>Bytes at the peak since then.</summary>
    public static long Read()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
